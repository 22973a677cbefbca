/*
 * PCI configuration space as the processor reaches it: the registers by which a function on the bus says what
 * it is and is told where it answers. What they mean is dev/pci/'s.
 */
#pragma once
#include "lib/types.h"

struct pci_address {
    u8 bus, device, function;
};

/* One register of 32 bits; `reg` is a multiple of 4 below 256. Where no function answers, all bits are ones
 * (PCI Local Bus Specification 3.0, 6.1). Any context. */
u32 pci_config_read(struct pci_address at, u32 reg);
void pci_config_write(struct pci_address at, u32 reg, u32 value);
