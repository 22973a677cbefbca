/* Configuration space by mechanism #1: PCI Local Bus Specification 3.0, 3.2.2.3.2. */
#include "arch/pci.h"
#include "arch/x86/port.h"
#include "diag/assert.h"
#include "sync/spinlock.h"

#define CONFIG_ADDRESS 0xCF8
#define CONFIG_DATA    0xCFC
#define CONFIG_ENABLE  0x80000000u

/* Two ports make one access. */
DEFINE_SPINLOCK(pci_config_lock, LEAF);

static u32 select_word(struct pci_address at, u32 reg)
{
    assert(reg % 4 == 0 && reg < 256 && at.device < 32 && at.function < 8);
    return CONFIG_ENABLE | ((u32)at.bus << 16) | ((u32)at.device << 11) | ((u32)at.function << 8) | reg;
}

u32 pci_config_read(struct pci_address at, u32 reg)
{
    irqflags_t flags = spin_lock_irq_save(&pci_config_lock);

    port_write32(CONFIG_ADDRESS, select_word(at, reg));
    u32 value = port_read32(CONFIG_DATA);
    spin_unlock_irq_restore(&pci_config_lock, flags);
    return value;
}

void pci_config_write(struct pci_address at, u32 reg, u32 value)
{
    irqflags_t flags = spin_lock_irq_save(&pci_config_lock);

    port_write32(CONFIG_ADDRESS, select_word(at, reg));
    port_write32(CONFIG_DATA, value);
    spin_unlock_irq_restore(&pci_config_lock, flags);
}
