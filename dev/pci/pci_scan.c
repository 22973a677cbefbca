/*
 * Which functions there are. Behind bus 0 lie only the buses of bridges, and a bridge says which: so they are
 * followed instead of asking all 256.
 */
#include "dev/pci/pci.h"
#include "diag/assert.h"
#include "diag/printk.h"
#include "lib/format.h"

/* Configuration registers: 6.1, figure 6-1. */
#define REG_ID          0x00
#define REG_COMMAND     0x04
#define REG_CLASS       0x08
#define REG_HEADER      0x0C
#define REG_BUSES       0x18 /* of a bridge (3.2.5.3) */
#define NOBODY          0xFFFFu
#define HEADER_TYPE(r)  (((r) >> 16) & 0x7Fu)
#define HEADER_MULTI    0x00800000u
#define HEADER_BRIDGE   1u
#define SECONDARY(r)    (((r) >> 8) & 0xFFu)
#define COMMAND_MEMORY  0x0002u
#define COMMAND_MASTER  0x0004u
#define COMMAND_NO_INTX 0x0400u
#define COMMAND_MASK    0xFFFFu /* the status half clears bits by ones: never write back what was read */

static struct pci_device devices[PCI_DEVICES_MAX];
static u32 devices_n, devices_left_out;

static void scan_bus(u32 bus);

static void scan_function(struct pci_address at)
{
    u32 id = pci_config_read(at, REG_ID);

    if ((id & 0xFFFF) == NOBODY)
        return;
    if (devices_n == PCI_DEVICES_MAX) {
        devices_left_out++;
        return;
    }
    u32 class = pci_config_read(at, REG_CLASS);
    devices[devices_n++] = (struct pci_device){at, (u16)id, (u16)(id >> 16), .class = (u8)(class >> 24),
                                               .subclass = (u8)(class >> 16)};
    if (HEADER_TYPE(pci_config_read(at, REG_HEADER)) != HEADER_BRIDGE)
        return;
    u32 secondary = SECONDARY(pci_config_read(at, REG_BUSES));
    if (secondary > at.bus) /* deeper, or the firmware has not set it up; never in a circle */
        scan_bus(secondary);
}

static void scan_bus(u32 bus)
{
    for (u32 device = 0; device < 32; device++) {
        struct pci_address at = {(u8)bus, (u8)device, 0};
        u32 functions = (pci_config_read(at, REG_HEADER) & HEADER_MULTI) ? 8 : 1;
        if ((pci_config_read(at, REG_ID) & 0xFFFF) == NOBODY)
            continue; /* function 0 is always there, or none is (3.2.2.3.4) */
        for (u32 function = 0; function < functions; function++) {
            at.function = (u8)function;
            scan_function(at);
        }
    }
}

void pci_scan(void)
{
    assert(devices_n == 0);
    scan_bus(0);
    if (devices_left_out)
        printk("pci: %u functions more than the %u that this kernel has room for are left out\n",
               devices_left_out, PCI_DEVICES_MAX);
}

u32 pci_devices_count(void)
{
    return devices_n;
}

const struct pci_device *pci_device(u32 n)
{
    assert(n < devices_n);
    return &devices[n];
}

const char *pci_name(const struct pci_device *pci, char *to)
{
    fmt_snprintf(to, PCI_NAME_MAX, "%02x:%02x.%u", pci->at.bus, pci->at.device, pci->at.function);
    return to;
}

bool pci_is_there(const struct pci_device *pci)
{
    return (pci_config_read(pci->at, REG_ID) & 0xFFFF) == pci->vendor;
}

static void command(const struct pci_device *pci, u32 set, u32 clear)
{
    u32 now = pci_config_read(pci->at, REG_COMMAND) & COMMAND_MASK;

    pci_config_write(pci->at, REG_COMMAND, (now | set) & ~clear);
}

void pci_enable(const struct pci_device *pci)
{
    command(pci, COMMAND_MEMORY | COMMAND_MASTER | COMMAND_NO_INTX, 0);
}

void pci_disable(const struct pci_device *pci)
{
    command(pci, COMMAND_NO_INTX, COMMAND_MASTER);
}
