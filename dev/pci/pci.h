/*
 * PCI functions: which there are, where their windows lie, how they interrupt. Source: PCI Local Bus
 * Specification 3.0 (chapter 6), PCI-to-PCI Bridge Architecture Specification 1.2 (chapter 3). The firmware
 * has given out all addresses; they are read here and never changed.
 */
#pragma once
#include "arch/message.h"
#include "arch/pci.h"

#define PCI_DEVICES_MAX 64u

struct pci_device {
    struct pci_address at;
    u16 vendor, device; /* (c) */
    u8 class, subclass; /* (c) */
};

/* Looks through all buses, once, at boot. Task context. */
void pci_scan(void);
u32 pci_devices_count(void);
/* The n-th that was found, n < pci_devices_count(). */
const struct pci_device *pci_device(u32 n);
/* "00:04.0", as lspci says it; `to` has PCI_NAME_MAX bytes. Returns `to`. */
#define PCI_NAME_MAX 12u
const char *pci_name(const struct pci_device *pci, char *to);

/* Does a function still answer? One that was taken out reads as ones. Any context. */
bool pci_is_there(const struct pci_device *pci);
/* Answers in its memory windows and may write memory (6.2.2); or does neither any more, whatever it thinks:
 * the last word over a device that does not obey its own registers. Any context. */
void pci_enable(const struct pci_device *pci);
void pci_disable(const struct pci_device *pci);

/* ---- capabilities (6.7) ---- */
enum { PCI_CAP_VENDOR = 0x09, PCI_CAP_MSIX = 0x11 };
/* The offset of the next capability of that kind behind `after` (0: the first), or 0. */
u32 pci_capability(const struct pci_device *pci, u32 id, u32 after);
u32 pci_read(const struct pci_device *pci, u32 reg);
u8 pci_read8(const struct pci_device *pci, u32 reg);

/* Maps `bytes` from `offset` of memory window `bar` (0 to 5), uncached. NULL, with a line in the log that
 * says why: not there, an I/O window, out of a 32-bit processor's reach, over RAM, or no memory for it.
 * kvfree() takes it away. Sleeps. */
volatile void *pci_map(const struct pci_device *pci, u32 bar, u32 offset, u32 bytes, const char *owner);

/* ---- MSI-X (6.8.2): a table of messages, one line for each reason to interrupt ---- */
struct pci_msix {
    const struct pci_device *pci;
    volatile u32 *table; /* four words an entry */
    u32 entries, capability;
};
/* The table mapped, every entry masked, MSI-X on and the wire off. -ENODEV when it has none or too few
 * entries, -ENOMEM. Sleeps. */
must_check int pci_msix_open(struct pci_msix *msix, const struct pci_device *pci, u32 entries);
/* From now on the entry sends `message`. Nothing is lost: what comes up meanwhile is sent afterwards. Not
 * twice at once for one entry. Any context. */
void pci_msix_send(struct pci_msix *msix, u32 entry, struct interrupt_message message);
/* No message any more. Sleeps. */
void pci_msix_close(struct pci_msix *msix);
