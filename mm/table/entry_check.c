/*
 * The checker of page-table entries, in the test image alone: every write goes through one state machine.
 *
 *     empty ---> zero, anon, lazy, file, cow, swap, migrating, hidden
 *                                                      a fault, fork's or mremap's copy
 *     all   ---> empty                                 zap, mremap, the first half of a COW copy
 *     anon <---> cow                                   fork and mprotect; the grant (see below)
 *     anon <---> lazy ---> cow, swap, migrating, hidden
 *                                                      MADV_FREE; the walker's D, or a write by force
 *     anon, cow ---> swap, migrating                   reclaim, migration
 *     migrating ---> anon, cow                         migration's end
 *     swap ---> anon, cow                              a fault
 *     zero, anon, file, cow ---> hidden                mprotect(PROT_NONE)
 *     hidden ---> zero, file, cow                      and back
 *     dead                                             the table has left the directory: nothing
 *
 * "cow" is a page of no file that may not be written here: it is shared since fork, or its copy is not
 * granted yet, or mprotect took the right. The way from there to "anon" is the dangerous one (R05, R06): only
 * with the one reference that this entry holds, or for a copy whose page lock is held.
 *
 * What is asked of each write, in this order: was the entry empty, if it was to be; is the change one of the
 * above; is the zero page read-only; do the counts of the pages say that they are used and mapped; is the
 * table alive; is its lock held. Then, if a processor may still do what the entry now forbids, the task owes
 * a flush (mm/table/entry_debt.c).
 */
#ifdef FL_TEST
#include "mm/table/entry_check.h"
#include "arch/pgtable.h"
#include "diag/bootwords.h"
#include "diag/panic.h"
#include "mm/table/pt_entry.h"

static const char *const kind_names[ENTRY_KINDS] = {"empty", "zero", "anon",      "lazy",  "file",
                                                    "cow",   "swap", "migrating", "hidden"};

#define TO(kind) (1u << ENTRY_KIND_##kind)
static const u32 may_become[ENTRY_KINDS] = {
    [ENTRY_KIND_EMPTY] =
        TO(ZERO) | TO(ANON) | TO(LAZY) | TO(FILE) | TO(COW) | TO(SWAP) | TO(MIGRATING) | TO(HIDDEN),
    [ENTRY_KIND_ZERO] = TO(EMPTY) | TO(HIDDEN),
    [ENTRY_KIND_ANON] = TO(EMPTY) | TO(LAZY) | TO(COW) | TO(SWAP) | TO(MIGRATING) | TO(HIDDEN),
    [ENTRY_KIND_LAZY] = TO(EMPTY) | TO(ANON) | TO(COW) | TO(SWAP) | TO(MIGRATING) | TO(HIDDEN),
    [ENTRY_KIND_FILE] = TO(EMPTY) | TO(HIDDEN),
    [ENTRY_KIND_COW] = TO(EMPTY) | TO(ANON) | TO(SWAP) | TO(MIGRATING) | TO(HIDDEN),
    [ENTRY_KIND_SWAP] = TO(EMPTY) | TO(ANON) | TO(COW),
    [ENTRY_KIND_MIGRATING] = TO(EMPTY) | TO(ANON) | TO(COW),
    [ENTRY_KIND_HIDDEN] = TO(EMPTY) | TO(ZERO) | TO(FILE) | TO(COW),
};

bool entry_check = true;
BOOT_FLAG(ptecheck, "test image: every write of a page-table entry is checked; ptecheck=0 leaves it",
          &entry_check);

struct entry_write {
    struct page *table;
    vaddr_t addr, writer;
    pte_t old, new;
};

/* No choice point anywhere in here: what the explorer searches is the kernel, and not its checker. */
static enum entry_kind kind_of(pte_t e)
{
    if (pte_empty(e))
        return ENTRY_KIND_EMPTY;
    if (!pte_present(e)) {
        switch (pte_software_type(e)) {
        case ENTRY_HIDDEN:
            return ENTRY_KIND_HIDDEN;
        case ENTRY_SWAP:
            return ENTRY_KIND_SWAP;
        case ENTRY_MIGRATING:
            return ENTRY_KIND_MIGRATING;
        default:
            return ENTRY_KINDS;
        }
    }
    if (page_is_zero(page_at(pte_pfn(e))))
        return ENTRY_KIND_ZERO;
    if (page_peek(page_at(pte_pfn(e))).mapping)
        return ENTRY_KIND_FILE;
    if (!pte_writable(e))
        return ENTRY_KIND_COW;
    return pte_dirty(e) ? ENTRY_KIND_ANON : ENTRY_KIND_LAZY;
}

static const char *name_of(pte_t e)
{
    enum entry_kind kind = kind_of(e);

    return kind < ENTRY_KINDS ? kind_names[kind] : "of no kind";
}

static noreturn void violation(const struct entry_write *w, const char *sentence)
{
    panic("page-table entry of %#x: %s; %pS made it %#x (%s) where it was %#x (%s)", w->addr, sentence,
          (void *)(w->writer - 1), w->new.v, name_of(w->new), w->old.v, name_of(w->old));
}

static void check_change(const struct entry_write *w)
{
    enum entry_kind from = kind_of(w->old), to = kind_of(w->new);

    if (from == ENTRY_KINDS || to == ENTRY_KINDS)
        violation(w, "it is of no kind that there is");
    if (from != to && !(may_become[from] & (1u << to)))
        violation(w, "no entry may change so");
    if (from == to && pte_present(w->old) && pte_pfn(w->old) != pte_pfn(w->new))
        violation(w, "it changed its frame and was never empty");
    if (to == ENTRY_KIND_ZERO && pte_writable(w->new))
        violation(w, "the page of zeroes may be written (R56)");
}

/* The page that an entry holds a reference of; NULL: none. */
static const struct page *counted_page(pte_t e)
{
    enum entry_kind kind = kind_of(e);

    if (kind == ENTRY_KIND_EMPTY || kind == ENTRY_KIND_SWAP || kind == ENTRY_KIND_MIGRATING)
        return NULL;
    return page_is_zero(entry_page(e)) ? NULL : entry_page(e);
}

static void check_page(const struct entry_write *w, pte_t e)
{
    const struct page *page = counted_page(e);

    if (!page)
        return;
    if (page_peek(page).refs < 1)
        violation(w, "its frame is free");
    if (page_peek(page).mappings < 1)
        violation(w, "its frame does not count it as a mapping");
}

/* The right to write comes back: nobody else may have the page, or it is a copy whose flush was waited for.
 */
static void check_grant(const struct entry_write *w)
{
    struct page_peek page;

    if (kind_of(w->old) != ENTRY_KIND_COW || kind_of(w->new) != ENTRY_KIND_ANON)
        return;
    page = page_peek(counted_page(w->new));
    if (page.refs != 1 && !page.locked)
        violation(w, "it may be written, and others still have the page (R06)");
}

/* True when a processor may still do through its TLB what the entry does not allow any more. */
static bool owes_flush(const struct entry_write *w)
{
    if (!pte_present(w->old))
        return false;
    return !pte_present(w->new) || pte_pfn(w->old) != pte_pfn(w->new) ||
           (pte_writable(w->old) && (!pte_writable(w->new) || (pte_dirty(w->old) && !pte_dirty(w->new))));
}

static void check_write(struct page *table, const pte_t *slot, pte_t old, pte_t new, bool fills,
                        vaddr_t writer)
{
    u32 index = ((vaddr_t)(uintptr_t)slot & (PAGE_SIZE - 1)) / sizeof(pte_t); /* the mirror's too */
    struct entry_write w = {table, page_pt_base(table) + (index << PAGE_SHIFT), writer, old, new};

    if (!entry_check)
        return;
    if (fills && !pte_empty(old))
        violation(&w, "it was not empty (R01)");
    check_change(&w);
    check_page(&w, old);
    check_page(&w, new);
    check_grant(&w);
    if (!page_pt_mm(table))
        violation(&w, "its table is dead");
    if (!spin_is_held(page_ptl(table)))
        violation(&w, "the lock of its table is not held");
    if (owes_flush(&w))
        flush_debt_add(page_pt_mm(table), w.addr, writer);
}

noinline void entry_install(struct page *table, pte_t *slot, pte_t entry)
{
    pte_t old = pte_install_over(slot, entry);

    check_write(table, slot, old, entry, true, CALLER_IP());
}

noinline pte_t entry_take(struct page *table, pte_t *slot)
{
    pte_t old = pte_xchg(slot, ENTRY_EMPTY);

    check_write(table, slot, old, ENTRY_EMPTY, false, CALLER_IP());
    return old;
}

noinline bool entry_replace(struct page *table, pte_t *slot, pte_t old, pte_t entry)
{
    bool replaced = pte_cmpxchg(slot, old, entry);

    if (replaced)
        check_write(table, slot, old, entry, false, CALLER_IP());
    return replaced;
}
#endif
