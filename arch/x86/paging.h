/* The kernel half of every address space, as it is after boot. */
#pragma once
#include "arch/pgtable.h"

/* Takes the identity mapping away, write-protects text and constants (in the direct map too), sets the boot
 * stack's guard, and asserts that the mirror tells the truth (S41, S43). Once, on the boot CPU, before any
 * other runs. */
void paging_init(void);

/* A directory like the kernel's in which the trampoline page is also mapped to itself: for starting CPUs. */
paddr_t paging_trampoline_root(void);

/* The kernel window's page tables, one after the other, and the fixed area's behind them. */
extern pte_t window_tables[][PTES];

/* The stack of boot, a guard page below it: where entry.asm points ESP, from the array's start. */
#define BOOT_STACK_END (PAGE_SIZE + 8192u)

/* arch/x86's own pages of the fixed area, from its end downwards; mm/'s kmap slots grow from its start. */
enum fixed_slot {
    FIXED_LAPIC,
    FIXED_IOAPIC,
    FIXED_TABLE_FIRST,
    FIXED_TABLE_LAST = FIXED_TABLE_FIRST + 31,
    FIXED_SLOTS
};
static inline vaddr_t fixed_vaddr(enum fixed_slot slot)
{
    return FIXED_END - (FIXED_SLOTS - slot) * PAGE_SIZE;
}
/* Maps a device's page, uncached, for ever. Returns the address that corresponds to `pa`. */
void *fixed_map_device(enum fixed_slot slot, paddr_t pa);
/* Maps `bytes` of firmware memory for reading until the next such call; NULL when it is too long. Boot only.
 */
const void *fixed_map_table(paddr_t pa, u32 bytes);
