/* The checker of page-table entries, between its files and its tests. Test image only. */
#pragma once
#include "mm/table/pt_write.h"

enum entry_kind {
    ENTRY_KIND_EMPTY,
    ENTRY_KIND_ZERO,
    ENTRY_KIND_ANON, /* a page of no file, writable and written */
    ENTRY_KIND_LAZY, /* the same, given up and not written since (pt_lazy.c) */
    ENTRY_KIND_FILE, /* a page of the cache, shared memory included */
    ENTRY_KIND_COW,  /* a page of no file, not writable here */
    ENTRY_KIND_SWAP,
    ENTRY_KIND_MIGRATING,
    ENTRY_KIND_HIDDEN,
    ENTRY_KINDS
};

extern bool entry_check; /* boot word ptecheck */
/* `writer` has taken rights from the entry of addr: the running task owes a flush. */
void flush_debt_add(const struct mm *mm, vaddr_t addr, vaddr_t writer);
