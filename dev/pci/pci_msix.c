/*
 * MSI-X: PCI Local Bus Specification 3.0, 6.8.2. Why not the wire (INTx): which input of the I/O APIC a
 * slot's wire ends at is told by ACPI in a byte code (_PRT); several functions share it, so that each must be
 * asked; it stays active until the device has been read, one more slow access an interrupt; and it is one for
 * all the device has to say. A message has none of this, and names the CPU that it interrupts.
 */
#include "dev/mmio.h"
#include "dev/pci/pci.h"
#include "diag/assert.h"
#include "lib/errno.h"
#include "mm/kernel/kvalloc.h"

#define CONTROL_ENABLE  0x80000000u /* message control is the upper half of the capability's first word */
#define CONTROL_MASKED  0x40000000u /* all entries, whatever their own bit */
#define CONTROL_SIZE(r) ((((r) >> 16) & 0x7FFu) + 1)
#define TABLE_BAR(r)    ((r)&7u)
#define TABLE_OFFSET(r) ((r) & ~7u)
/* Words of an entry. */
#define ENTRY_WORDS   4u
#define ENTRY_LOW     0u
#define ENTRY_HIGH    1u
#define ENTRY_DATA    2u
#define ENTRY_CONTROL 3u
#define ENTRY_MASKED  1u

static void control(struct pci_msix *msix, u32 set, u32 clear)
{
    u32 now = pci_config_read(msix->pci->at, msix->capability);

    pci_config_write(msix->pci->at, msix->capability, (now | set) & ~clear);
}

int pci_msix_open(struct pci_msix *msix, const struct pci_device *pci, u32 entries)
{
    u32 capability = pci_capability(pci, PCI_CAP_MSIX, 0);

    if (!capability || CONTROL_SIZE(pci_read(pci, capability)) < entries)
        return -ENODEV;
    *msix = (struct pci_msix){.pci = pci, .entries = entries, .capability = capability};
    u32 where = pci_read(pci, capability + 4);
    msix->table = pci_map(pci, TABLE_BAR(where), TABLE_OFFSET(where), entries * ENTRY_WORDS * 4, "pci msi-x");
    if (!msix->table)
        return -ENOMEM;
    control(msix, CONTROL_ENABLE | CONTROL_MASKED, 0);
    for (u32 i = 0; i < entries; i++)
        mmio_write32(&msix->table[i * ENTRY_WORDS + ENTRY_CONTROL], ENTRY_MASKED);
    control(msix, 0, CONTROL_MASKED);
    return 0;
}

void pci_msix_send(struct pci_msix *msix, u32 entry, struct interrupt_message message)
{
    volatile u32 *words = &msix->table[entry * ENTRY_WORDS];

    assert(entry < msix->entries);
    /* Masked meanwhile: half of an address sends to nowhere (6.8.3.5). */
    mmio_write32(&words[ENTRY_CONTROL], ENTRY_MASKED);
    mmio_write32(&words[ENTRY_LOW], message.address);
    mmio_write32(&words[ENTRY_HIGH], 0);
    mmio_write32(&words[ENTRY_DATA], message.data);
    mmio_write32(&words[ENTRY_CONTROL], 0);
}

void pci_msix_close(struct pci_msix *msix)
{
    control(msix, CONTROL_MASKED, CONTROL_ENABLE);
    kvfree((void *)(uintptr_t)msix->table);
    msix->table = NULL;
}
