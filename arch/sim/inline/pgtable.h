/*
 * Page-table entries in the explorer. A handle is an address of the simulated machine: in the direct map it
 * is a host pointer as well; in the mirror window the software MMU translates it, so a stale TLB entry is
 * seen (R51).
 */
#pragma once
#include "arch/x86/inline/pte_bits.h"

pte_t sim_pte_read(pte_t *slot);
pte_t sim_pte_xchg(pte_t *slot, pte_t entry);
bool sim_pte_cmpxchg(pte_t *slot, pte_t old, pte_t entry);
pte_t sim_pte_install(pte_t *slot, pte_t entry);

/* There is no foreign mirror here: nothing was opened. */
static inline void pte_slot_close(pfn_t table) {}

static inline pte_t pte_read(pte_t *slot)
{
    return sim_pte_read(slot);
}
static inline pte_t pte_xchg(pte_t *slot, pte_t entry)
{
    return sim_pte_xchg(slot, entry);
}
static inline bool pte_cmpxchg(pte_t *slot, pte_t old, pte_t entry)
{
    return sim_pte_cmpxchg(slot, old, entry);
}
static inline pte_t pte_install_over(pte_t *slot, pte_t entry)
{
    return sim_pte_install(slot, entry);
}
static inline void pte_install(pte_t *slot, pte_t entry)
{
    sim_pte_install(slot, entry);
}
