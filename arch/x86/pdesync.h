/*
 * How address spaces learn of a new page table of the kernel window (rows S03 to S05, R52): pdesync=
 *
 *   prealloc    not at all: every table is in every directory from the start (the default)
 *   eager-phys  its maker writes the entry into every directory, through the direct map
 *   eager-cr3   its maker loads every directory in turn and writes the entry through the mirror
 *   lazy-fault  each directory gets it when somebody faults for want of it
 *
 * The tables themselves stand in the image (arch/x86/paging.c) under all four; what differs is when an entry
 * names one. The image's own entries and the fixed area's are in every directory from the start under all
 * four, too: the processor's tables, the fault handler and the CPU blocks must never be missing.
 */
#pragma once
#include "arch/pgtable.h"

struct trap_frame;

enum pdesync { PDESYNC_PREALLOC, PDESYNC_EAGER_PHYS, PDESYNC_EAGER_CR3, PDESYNC_LAZY_FAULT };
extern unsigned pdesync; /* (c) enum pdesync */

/* Boot, alone: takes the entries away that the policy makes later. */
void pdesync_init(void);
/* A directory comes (its kernel half is copied here) and goes. Any context but interrupts. */
void pdesync_space_begin(struct space *space);
void pdesync_space_end(struct space *space);
/* Before the window's entry for va is made present: every space will find its table. Any context. */
void pdesync_ensure_slow(vaddr_t va);
static inline void pdesync_ensure(vaddr_t va)
{
    if (unlikely(pdesync != PDESYNC_PREALLOC))
        pdesync_ensure_slow(va);
}

/* ---- lazy-fault ---- */
/* A page fault, before anything else is done about it: true when it was for want of an entry that is there
 * now. Interrupts off, CR2 still this fault's. */
must_check bool pdesync_fault_slow(const struct trap_frame *frame);
static inline bool pdesync_fault(const struct trap_frame *frame)
{
    return unlikely(pdesync == PDESYNC_LAZY_FAULT) && pdesync_fault_slow(frame);
}
/* `space` is about to be loaded by code that stands on the stack at `stack`: no fault can be taken for want
 * of that. */
void pdesync_before_load_slow(struct space *space, vaddr_t stack);
static inline void pdesync_before_load(struct space *space, const void *stack)
{
    if (unlikely(pdesync == PDESYNC_LAZY_FAULT))
        pdesync_before_load_slow(space, (vaddr_t)(uintptr_t)stack);
}
/* The same for a stack that is about to be switched to: faults for its ends here, on a stack that is whole.
 * NULL is allowed: the boot CPU's idle task stands in the image. */
void pdesync_before_switch_slow(const void *stack, size_t bytes);
static inline void pdesync_before_switch(const void *stack, size_t bytes)
{
    if (unlikely(pdesync == PDESYNC_LAZY_FAULT) && stack)
        pdesync_before_switch_slow(stack, bytes);
}

/* ---- for tests and measurements ---- */
struct pdesync_stats {
    u32 entries;     /* new tables that became visible */
    u32 directories; /* directories written for them */
    u32 cr3_loads;
    u32 faults; /* lazy-fault: taken and settled */
    u64 cycles; /* spent on all that */
};
void pdesync_stats(struct pdesync_stats *stats);
const char *pdesync_name(void);
