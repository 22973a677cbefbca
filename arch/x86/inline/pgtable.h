/* Page-table entries on the machine: a handle is a plain pointer into the mirror or the direct map. */
#pragma once
#include "arch/x86/inline/pte_bits.h"

/* The one way from a handle to the word, for the accessors below. */
static inline u32 *pte_word(pte_t *slot)
{
    return (u32 *)(uintptr_t)slot;
}
extern unsigned ptaccess; /* the boot word; (c) */
enum { BY_MIRROR, BY_DIRECT_MAP, BY_FOREIGN };
void keeps_registers foreign_slot_close(pfn_t table);

/* A look at a constant is all that the other ways pay for the foreign one: the call keeps every register. */
static inline void pte_slot_close(pfn_t table)
{
    if (unlikely(ptaccess == BY_FOREIGN))
        foreign_slot_close(table);
}

static inline pte_t pte_read(pte_t *slot)
{
    return (pte_t){READ_ONCE(*pte_word(slot))};
}
static inline pte_t pte_xchg(pte_t *slot, pte_t new)
{
    return (pte_t){__atomic_exchange_n(pte_word(slot), new.v, __ATOMIC_SEQ_CST)};
}
static inline bool pte_cmpxchg(pte_t *slot, pte_t old, pte_t new)
{
    u32 expected = old.v;

    return __atomic_compare_exchange_n(pte_word(slot), &expected, new.v, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_RELAXED);
}
static inline pte_t pte_install_over(pte_t *slot, pte_t new)
{
    pte_t old = pte_read(slot);

    __atomic_store_n(pte_word(slot), new.v, __ATOMIC_RELEASE);
    return old;
}
static inline void pte_install(pte_t *slot, pte_t new)
{
    __atomic_store_n(pte_word(slot), new.v, __ATOMIC_RELEASE);
}
