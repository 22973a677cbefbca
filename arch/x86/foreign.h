/*
 * The foreign mirror (row S46): another space's directory in PDE 1022 of the one that is loaded, so that its
 * tables appear at FOREIGN_BASE as our own do at MIRROR_BASE. With ptaccess=foreign pte_slot() reaches the
 * tables of other spaces so; the default is the direct map, for the slot costs a lock and two INVLPGs for
 * each use, because one directory is loaded by several CPUs and must not show two spaces at once. It needs no
 * direct map, which is its reason to exist: a kernel whose page tables may lie above 768 MiB has no other
 * way.
 */
#pragma once
#include "arch/cpu.h"
#include "arch/pgtable.h"

/* The handle of va's entry in `space`, whose page table must exist. Between open and close: interrupts off,
 * the entries of one table, no other lock is taken, nothing sleeps. */
struct foreign {
    irqflags_t flags;
    pte_t *slot;
};
struct foreign foreign_open(struct space *space, vaddr_t va);
void foreign_close(struct foreign foreign);

/* The same for pte_slot(): what is open is remembered, by CPU, until foreign_slot_close() names its table.
 * NULL where this CPU has the slot open already: fork copies from one space to another, and neither need be
 * loaded. */
pte_t *foreign_slot_open(struct space *space, vaddr_t va);
