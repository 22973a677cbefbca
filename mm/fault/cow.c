/*
 * Copy on write: a private page that may be written, but not here, since others see it too.
 *
 * Is it ours alone? Only its reference count says so, and only under the lock of the page table that maps it:
 * then the one reference is our entry's, and nobody can copy that entry (fork needs mmap_lock exclusive) or
 * find the page through it. Mappings are not counted instead: a page with one mapping may still be read
 * through a reference that somebody took before (CVE-2020-29374).
 *
 * A copy replaces an entry that other CPUs may have in their TLBs. If it could be written at once, one thread
 * would write the copy while another, through its old translation, still reads the original. So when other
 * CPUs run this address space:
 *
 *     lock the table; the copy goes in READ-ONLY, its page locked; unlock     both hold the same bytes
 *     flush every CPU                                                         nobody sees the original now
 *     lock the table; still there? then it may be written; unlock; unlock the page
 *
 * A second writer that comes between finds the page locked, waits for it with nothing held, and looks again.
 */
#include "arch/tlb.h"
#include "diag/assert.h"
#include "mm/fault/fault_private.h"
#include "mm/space/mm_private.h"

static bool cow_is_alone(struct page *page)
{
    return !page_mapping(page) && !page_bit_test(page, PAGE_REMOVED) && page_refs(page) == 1;
}

/* Under the table's lock: the page is ours alone. A forced write (mm/space/access.c) into a read-only region
 * is not the program's own: it gets the copy, and the program no right. */
static void cow_allow(struct fault *f) must_hold(page_ptl(f->table))
{
    if (f->vma->flags & VM_WRITE)
        entry_grant_write(f->table, f->slot);
}

/* Under the table's lock: puts the copy where the original is. *original becomes what was there, whose
 * mapping is over once everybody has flushed. True when that is so already; else the copy is read-only,
 * locked and referenced. */
static bool cow_exchange(struct fault *f, struct page *copy, struct page **original)
    must_hold(page_ptl(f->table))
{
    bool local, locked;

    *original = entry_page(entry_take(f->table, f->slot)); /* a full barrier before the mask is read (R45) */
    page_map_inc(copy);
    if (page_is_zero(*original))
        page_pt_account(f->table, 0, 1);
    else
        page_map_dec(*original);
    if (!f->vma->has_private)
        WRITE_ONCE(f->vma->has_private, 1);
    local = shootdown_is_local(f->mm);
    if (local) {
        shootdown_local(f->mm, f->address);
    } else {
        locked = page_try_lock(copy);
        assert(locked);
        page_get(copy);
    }
    f->seen_pte = pte_make(page_pfn(copy), entry_prot(f->vma->flags, true));
    if (!local)
        f->seen_pte =
            pte_without_write(f->seen_pte); /* A and D stay: the walker has nothing to change in it */
    entry_install(f->table, f->slot, f->seen_pte);
    return local;
}

/* The copy that cow_exchange() put in read-only: once nobody can see the original, it may be written. */
static void cow_grant(struct fault *f, struct page *copy)
{
    fault_phase(f, flush, 0);
    shootdown_range(f->mm, f->address, f->address + PAGE_SIZE);
    if (fault_relock(
            f, R_NONE)) { /* another thread may have unmapped it meanwhile; then there is nothing to grant */
        cow_allow(f);
        fault_unlock(f);
    }
    page_unlock(copy);
    page_put(copy);
}

/* `source` is referenced, or NULL for a page of zeroes. */
static enum fault_result cow_copy(struct fault *f, struct page *source)
{
    struct page *copy = page_alloc(source ? GFP_USER : GFP_USER | GFP_ZERO);
    struct page *original;
    bool complete;

    if (!copy)
        return FAULT_NO_MEMORY;
    fault_phase(f, alloc, 0);
    if (source)
        page_copy(copy, source);
    race_point(R05); /* another thread may have made its own copy, and written it */
    if (!fault_relock(f, R05)) {
        page_put(copy);
        return FAULT_DONE;
    }
    complete = cow_exchange(f, copy, &original);
    count_event(pgfault_cow);
    fault_unlock(f);
    fault_phase(f, install, 0);
    if (!complete)
        cow_grant(f, copy);
    if (!page_is_zero(original))
        page_put(original); /* the reference of the entry that it lost */
    return FAULT_DONE;
}

enum cow_step { COW_REUSED, COW_COPY, COW_WAIT };

/* Under the table's lock. The page is referenced unless COW_REUSED. */
static enum cow_step cow_decide(struct fault *f, struct page *page, bool alone_before)
    must_hold(page_ptl(f->table))
{
    if (cow_is_alone(page) || alone_before) {
        cow_allow(f);
        count_event(pgfault_reuse);
        return COW_REUSED;
    }
    page_get(page);
    /* A page of no file that is locked: a copy that another thread may not write yet. */
    return !page_mapping(page) && page_is_locked(page) ? COW_WAIT : COW_COPY;
}

static enum fault_result cow_private(struct fault *f, struct page *page) must_hold(f)
{
    bool alone_before = mutant(R06) && cow_is_alone(page);
    enum fault_result result;
    enum cow_step step;

    fault_window(
        f, R06); /* fork and others may take a reference: what the count said before the lock is nothing */
    if (!fault_relock(f, R_NONE))
        return FAULT_DONE;
    step = cow_decide(f, page, alone_before);
    fault_unlock(f);
    switch (step) {
    case COW_REUSED:
        tlb_flush_page(f->address);
        return FAULT_DONE;
    case COW_WAIT:
        return fault_wait_for(f, page, NULL, 0);
    default:
        result = cow_copy(f, page);
        page_put(page);
        return result;
    }
}

enum fault_result fault_write_protected(struct fault *f)
{
    struct page *page = page_at(pte_pfn(f->seen_pte));

    if (f->vma->flags & VM_SHARED)
        return fault_shared_upgrade(f);
    return page_is_zero(page) ? cow_copy(f, NULL) : cow_private(f, page);
}
