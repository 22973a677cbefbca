/* What a function has besides its fixed registers: the list of capabilities, and windows in memory. */
#include "dev/pci/pci.h"
#include "diag/assert.h"
#include "diag/printk.h"
#include "mm/kernel/kvalloc.h"

#define REG_STATUS       0x04
#define REG_BAR          0x10
#define REG_CAPABILITIES 0x34
#define STATUS_LIST      0x00100000u /* status bit 4: it has capabilities */
#define FIRST_CAPABILITY 0x40u
#define CAPABILITIES_MAX 48u /* what 256 bytes have room for: a damaged list ends, too */
#define BAR_IO           0x1u
#define BAR_TYPE(r)      (((r) >> 1) & 3u)
#define BAR_64           2u
#define BAR_ADDRESS(r)   ((r) & ~0xFu)

u32 pci_read(const struct pci_device *pci, u32 reg)
{
    return pci_config_read(pci->at, reg);
}

u8 pci_read8(const struct pci_device *pci, u32 reg)
{
    return (u8)(pci_config_read(pci->at, reg & ~3u) >> (8 * (reg & 3)));
}

u32 pci_capability(const struct pci_device *pci, u32 id, u32 after)
{
    u32 at;

    if (!(pci_read(pci, REG_STATUS) & STATUS_LIST))
        return 0;
    at = pci_read8(pci, after ? after + 1 : REG_CAPABILITIES) & ~3u;
    for (u32 n = 0; n < CAPABILITIES_MAX && at >= FIRST_CAPABILITY; n++) {
        if (pci_read8(pci, at) == id)
            return at;
        at = pci_read8(pci, at + 1) & ~3u;
    }
    return 0;
}

/* Why [start, start + bytes) cannot be a device's window; NULL when it can. */
static const char *wrong_place(paddr_t start, u32 bytes)
{
    if (start == 0)
        return "has no address";
    if (bytes == 0 || start + bytes < start)
        return "ends beyond 4 GiB";
    if (page_of(start >> PAGE_SHIFT) || page_of((start + bytes - 1) >> PAGE_SHIFT))
        return "lies over RAM";
    return NULL;
}

/* The address of memory window `bar`, and what is wrong with it. 6.2.5.1. */
static const char *window_address(const struct pci_device *pci, u32 bar, paddr_t *start)
{
    if (bar > 5)
        return "is none of six";
    u32 low = pci_read(pci, REG_BAR + 4 * bar);
    *start = BAR_ADDRESS(low);
    if (low & BAR_IO)
        return "is one of I/O ports";
    if (BAR_TYPE(low) == BAR_64 && (bar == 5 || pci_read(pci, REG_BAR + 4 * bar + 4) != 0))
        return "lies above 4 GiB, out of reach";
    return NULL;
}

volatile void *pci_map(const struct pci_device *pci, u32 bar, u32 offset, u32 bytes, const char *owner)
{
    char name[PCI_NAME_MAX];
    paddr_t start = 0;
    volatile void *at = NULL;
    const char *wrong = window_address(pci, bar, &start);

    if (!wrong)
        wrong = offset > ~start ? "ends beyond 4 GiB" : wrong_place(start + offset, bytes);
    if (!wrong && !(at = kvmap_device(start + offset, bytes, owner)))
        wrong = "finds no room among the kernel's addresses";
    if (wrong)
        printk("pci %s: window %u of %u bytes at %#x %s\n", pci_name(pci, name), bar, bytes, start + offset,
               wrong);
    return at;
}
