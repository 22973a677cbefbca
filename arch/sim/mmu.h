/*
 * The software MMU: what Intel's SDM (vol. 3A, 4.8 and 4.10) allows a processor to do, at its least helpful.
 * A TLB keeps an entry until it is flushed; a paging-structure cache keeps a PDE; the walker sets A and D in
 * steps of its own; a stale entry that forbids an access faults without another look at memory.
 */
#pragma once
#include "arch/pgtable.h"
#include "arch/sim/machine.h"

#define TLB_ENTRIES 256u
#define PDES_CACHED 32u

struct tlb_entry {
    u32 page; /* virtual page number */
    pfn_t pfn;
    u32 flags;  /* PTE_W, PTE_U, PTE_D, PTE_G */
    paddr_t at; /* the entry it came from */
    u32 step;   /* when it was loaded */
    bool valid;
};
struct cached_pde {
    u32 index;
    u32 value;
    u32 step;
    bool valid;
};
struct mmu {
    paddr_t root; /* CR3 */
    u64 window;   /* bit n: the directory has table n of the kernel window (R52) */
    vaddr_t cr2;
    u32 next_victim;
    u32 tlb_used; /* entries from here on were never loaded, or have gone: nobody need look there */
    struct tlb_entry tlb[TLB_ENTRIES];
    struct cached_pde pde[PDES_CACHED];
};
extern struct mmu mmus[SIM_CPUS_MAX];

/* The physical address for an access of the running CPU in supervisor mode, as the processor would get it;
 * false: a page fault with *code. Contains choice points at which no interrupt comes. */
bool mmu_translate(vaddr_t va, bool write, paddr_t *pa, u32 *code);
/* The host address that an access of the running CPU would reach now, or `va` itself where none would;
 * changes nothing. */
const void *mmu_peek(vaddr_t va);
/* CR3 load on the running CPU: everything but global translations goes (SDM 4.10.4.1). */
void mmu_load_root(paddr_t root);
/* Before a CPU runs: its first CR3. */
void mmu_boot(u32 cpu, paddr_t root);
/* A processor may drop any entry at any time; with a seed other than 0, these do so now and then. */
void mmu_set_forgetful(u32 seed);
