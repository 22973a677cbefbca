/*
 * Physical memory: a memory file, mapped where the kernel's direct map is, so that a kernel pointer is a host
 * pointer. A kernel-window mapping becomes a second host mapping of the same page.
 */
#pragma once
#include "arch/memmap.h"

#define SIM_RAM_BYTES (32u << 20)
#define SIM_FRAMES    (SIM_RAM_BYTES >> PAGE_SHIFT)
/* Below: the kernel's directory and the tables of its window, which exist from boot. Never in the allocator.
 */
#define SIM_KERNEL_DIR    0x00100000u
#define SIM_KERNEL_TABLES 0x00101000u
#define SIM_RESERVED_END  0x00180000u

/* Claims the host addresses that the kernel will use; runs the program again with a fitting layout if it
 * must. */
void memory_claim(char **argv);
/* In a child of fork(): gives it a copy of the memory of its own, at the same addresses. */
void memory_unshare(void);
/* The page tables of the kernel window; each CPU sees those that its directory has (R52). */
#define WINDOW_TABLES ((KWINDOW_END - KWINDOW_BASE) >> PDE_SHIFT)
void memory_show_window(u64 tables);
/* The host side of a kernel-window entry. */
void memory_map_window(vaddr_t va, bool present, bool writable, pfn_t pfn);
/* Where the direct map has what the window maps at `va` (whatever CPU asks). */
u32 memory_window_direct(vaddr_t va);
/* What page n of the window maps for the running CPU: frame + 1 and WINDOW_WRITABLE, or 0. */
#define WINDOW_WRITABLE 0x80000000u
u32 memory_window_entry(u32 n);

/* ---- memory_host.c ---- */
/* Page n of the window, or many pages, are not what they were: what the host has mapped there goes. */
void memory_host_forget(u32 n);
void memory_host_sync(void);

static inline u32 *memory_word(paddr_t pa)
{
    return phys_to_direct(pa);
}
