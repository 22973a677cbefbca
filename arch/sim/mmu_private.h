/* What the walker (mmu.c) and the caches (mmu_cache.c) share. */
#pragma once
#include "arch/sim/mmu.h"

/* NULL: not cached. */
struct tlb_entry *tlb_find(struct mmu *m, vaddr_t va);
struct cached_pde *pde_find(struct mmu *m, vaddr_t va);
/* `at`: where the entry `pte` stands, for the rights oracle. */
void tlb_insert(struct mmu *m, vaddr_t va, paddr_t at, u32 pte);
void pde_insert(struct mmu *m, vaddr_t va, u32 value);
/* With mmu_set_forgetful(): drops an entry, now and then. */
void tlb_maybe_forget(struct mmu *m);
