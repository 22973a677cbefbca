/*
 * Simulated physical memory: what the kernel window maps. Which of it the host has mapped is memory_host.c's
 * business. See memory.h.
 */
#include "arch/sim/memory.h"
#include "lib/compiler.h"

/* What each page of the kernel window maps: frame + 1, and whether writes are allowed. */
#define WINDOW_PAGES ((KWINDOW_END - KWINDOW_BASE) >> PAGE_SHIFT)
static u32 window[WINDOW_PAGES];
static u64 shown = (1ull << WINDOW_TABLES) - 1; /* tables that the running CPU's directory has */

u32 memory_window_entry(u32 n)
{
    return shown >> (n / PTES) & 1 ? window[n] : 0;
}

u32 memory_window_direct(vaddr_t va)
{
    u32 entry = window[(va - KWINDOW_BASE) >> PAGE_SHIFT];

    return DIRECT_BASE + (((entry & ~WINDOW_WRITABLE) - 1) << PAGE_SHIFT) + (va & ~PAGE_MASK);
}

void memory_map_window(vaddr_t va, bool present, bool writable, pfn_t pfn)
{
    if (va < KWINDOW_BASE || va >= KWINDOW_END)
        return; /* kmap slots and the like: reached through the software MMU only */
    u32 n = (va - KWINDOW_BASE) >> PAGE_SHIFT;
    window[n] = present ? (pfn + 1) | (writable ? WINDOW_WRITABLE : 0) : 0;
    memory_host_forget(n);
}

void memory_show_window(u64 tables)
{
    if (tables == shown)
        return;
    shown = tables;
    memory_host_sync();
}
