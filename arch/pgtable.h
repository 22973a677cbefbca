/*
 * Page-table entries and how to reach them. Nothing outside arch/ knows a PTE bit.
 *
 * Entry kinds: empty (0) | present | software (not present, not 0: swap or migration, opaque payload).
 * Live entries are changed only by pte_xchg / pte_cmpxchg, since the walker sets A and D behind our back
 * (R46). Pointers to entries are handles: in the mirror window on x86, translated in the explorer. Never
 * dereference them: pte_read() is one load, and what it returned is what all of a decision goes by (R49).
 * clang refuses who does (make check-locks).
 */
#pragma once
#include "arch/cpumask.h"
#include "arch/memmap.h"
#include "lib/compiler.h"
#include "lib/contract.h"
#include "lib/list.h"

struct pte {
    u32 v;
};
typedef struct pte never_dereferenced pte_t; /* by a handle: R49; the value itself may be looked at */
typedef pte_t pde_t; /* PDE and PTE differ in two bits only: PS and, in a table entry, D (row S45) */

struct space {
    paddr_t root;          /* the page directory's frame; (c) */
    pde_t *dir;            /* the directory through the direct map; (c) */
    struct list all;       /* arch/'s own: under pdesync= policies that must know every directory */
    struct cpumask cpus;   /* CPUs that may hold translations of it; (a). Set before CR3 is loaded (R45) */
    atomic_t flush_gen;    /* (a) flushes that were asked for, one number each */
    u32 flushed[MAX_CPUS]; /* each CPU's own: it has made every flush up to this number; CR3 loads make all */
};
extern struct space kernel_space; /* the kernel half alone: idle CPUs and boot */

#define PROT_PTE_READ    1u
#define PROT_PTE_WRITE   2u
#define PROT_PTE_USER    4u
#define PROT_PTE_GLOBAL  8u
#define PROT_PTE_NOCACHE 16u
#define PROT_PTE_DIRTY   32u /* install with D and A already set: saves the walker's two writes */

#include <inline/pgtable.h>
/*
 * Each architecture's inline/pgtable.h defines, as static inlines:
 *   pte_t pte_make(pfn_t, unsigned prot)
 *   pte_t pte_software(unsigned type, u32 payload)   type 1..7, payload 24 bits
 *   unsigned pte_software_type(pte_t); u32 pte_software_payload(pte_t)
 *   bool pte_empty, pte_present, pte_writable, pte_dirty, pte_young, pte_user(pte_t)
 *   bool pte_same(a, b); ptes_empty(a, b): both
 *   pfn_t pte_pfn(pte_t)
 *   pte_t pte_without_write(pte_t), pte_with_write(pte_t) (sets D too), pte_clean(pte_t), pte_old(pte_t)
 *   pte_t pte_read(pte_t *)                          one load
 *   pte_t pte_xchg(pte_t *, pte_t)                   full barrier; returns the former entry
 *   bool pte_cmpxchg(pte_t *, pte_t old, pte_t new)
 *   void pte_install(pte_t *, pte_t)                 over an empty entry, under its lock; a release store
 *   pte_t pte_install_over(pte_t *, pte_t)           the same, returns what was there: for who checks that
 */

/* The PTE's handle for `va` in `space`; the page table must exist (pde present). The current space goes
 * through the mirror or the direct map as ptaccess= says; any other through the direct map, or the foreign
 * mirror. Preemption off, until pte_slot_close(), which names the table's frame: what lies between must not
 * sleep nor take a lock, and interrupts may be off there. Handles in two tables are opened under the locks of
 * both. */
pte_t *pte_slot(struct space *space, vaddr_t va);
static inline void pte_slot_close(pfn_t table);
/* A handle that nobody has to close, and that goes with the running task: the current space as above, any
 * other through the direct map whatever ptaccess= says. Any context of a task. */
pte_t *pte_slot_lasting(struct space *space, vaddr_t va);
/* What the entry for `va` holds: opened, read and closed. Preemption off; no handle of that table is open. */
pte_t pte_peek(struct space *space, vaddr_t va);
/* The handle for `va` in a table that is known, through the direct map. Any context. */
pte_t *pte_slot_in(pfn_t table, vaddr_t va);
/* The PDE's handle; same choice of ways. Writing PDE 1023 is refused with a panic that names the writer
 * (S44). */
pde_t *pde_slot(struct space *space, vaddr_t va);
void pde_install(struct space *space, vaddr_t va, pde_t pde);
/* Takes the entry out; returns what was there. */
pde_t pde_clear(struct space *space, vaddr_t va);
pde_t pde_make_table(pfn_t table, bool user);

/* A fresh directory frame (zeroed, below DIRECT_LIMIT) becomes a space: kernel half copied, mirror entry set.
 */
void space_init(struct space *space, paddr_t root);
/* The reverse, before the directory's frame is freed: loaded nowhere, and nobody can load it. What space_init
 * wrote into the directory is wiped: with the user's half empty the frame is all zeroes (page_put_zeroed). */
void space_exit(struct space *space);
/* Loads it on this CPU; sets the mask first, clears the former space's bit after. Preemption off. */
void space_load(struct space *space);

/* Kernel window mappings. The tables exist from boot; the caller owns [va, va+4K) and flushes afterwards. */
void kernel_pte_set(vaddr_t va, pte_t pte);
pte_t kernel_pte_get(vaddr_t va);
