/* Pages of a file, touched for the first time; and the first write to a shared one. */
#include "arch/tlb.h"
#include "mm/fault/fault_private.h"
#include "mm/space/mm_private.h"

/* The file's page, referenced and up to date. Or what to wait for, where the protocol will not wait with the
 * region held, or a program is to provide the page; or why there is none. */
static enum fault_result file_page(struct fault *f, u32 index, struct page **page) must_hold(f)
{
    struct mapping *mapping = f->vma->mapping;
    bool known_page;
    int error;

    *page = mapping_find(mapping, index);
    if (likely(*page != NULL) && likely(page_bit_test(*page, PAGE_UPTODATE)))
        return FAULT_DONE; /* whether the file reaches so far is asked when it is mapped: it has to be then */
    known_page = *page != NULL;
    if (known_page)
        page_put(*page);
    if (index >= mapping_pages(mapping))
        return FAULT_PAST_END;
    if (!known_page && (f->vma->flags & VM_USERFAULT))
        return fault_missing(f);
    fault_phase(f, io, faultlock.holds_through_io);
    if (!faultlock.holds_through_io) {
        mapping->ops->get(mapping); /* the region, and its reference with it, may be gone when we read */
        return fault_wait_for(f, NULL, mapping, index);
    }
    *page = mapping_read(mapping, index, &error);
    current->fault_reads++;
    if (*page)
        return FAULT_DONE;
    return error == -ENOMEM ? FAULT_NO_MEMORY : error == -EINTR ? FAULT_KILLED : FAULT_IO_ERROR;
}

/* Maps the cache's own page. The reference goes to the entry, or back. */
static enum fault_result file_map(struct fault *f, struct page *page, u32 index)
{
    bool write = fault_is_write(f);
    enum fault_result result;

    race_point(R01); /* another CPU may map it first */
    if (unlikely(!fault_relock_file(f, page, index, &result))) {
        page_put(page);
        return result;
    }
    if (write)
        page_bit_set(page, PAGE_DIRTY); /* before anybody can write it */
    fault_install(f, page, pte_make(page_pfn(page), entry_prot(f->vma->flags, write)));
    if (write)
        count_event(pgfault_shared);
    else
        count_event(pgfault_file);
    fault_unlock(f);
    return FAULT_DONE;
}

/* A private page that is written before it was ever read: the copy goes straight in, there is nothing to
 * flush. */
static enum fault_result file_copy(struct fault *f, struct page *source, u32 index)
{
    struct page *copy = page_alloc(GFP_USER);
    enum fault_result result;

    if (!copy)
        return FAULT_NO_MEMORY;
    page_copy(copy, source);
    race_point(R01);
    if (!fault_relock_file(f, source, index, &result)) {
        page_put(copy);
        return result;
    }
    if (!f->vma->has_private)
        WRITE_ONCE(f->vma->has_private, 1);
    fault_install(f, copy, pte_make(page_pfn(copy), entry_prot(f->vma->flags, true)));
    count_event(pgfault_file_cow);
    fault_unlock(f);
    return FAULT_DONE;
}

/* All of a fault that looks into the file. FAULT_DONE: with the page; or, for a read, with what is cached
 * around it, where `around` is not NULL and the page among it. */
static enum fault_result file_look(struct fault *f, u32 index, struct page **page, struct around *around)
    must_hold(f)
{
    if (around) {
        around_find(f, index, around);
        if (around->pages[around->wanted])
            return FAULT_DONE;
        around_forget(around);
    }
    return file_page(f, index, page);
}

enum fault_result fault_file(struct fault *f)
{
    u32 index = vma_index(f->vma, f->address);
    bool write = fault_is_write(f);
    struct around around, *look_around = write || (f->vma->flags & VM_RANDOM) ? NULL : &around;
    enum fault_result result;
    struct page *page = NULL;

    if (!fault_pin_file(f))
        return FAULT_DONE;
    result = file_look(f, index, &page, look_around);
    fault_unpin_file(f);
    if (result != FAULT_DONE)
        return result;
    if (!page)
        return around_map(f, index, &around);
    if (!write || (f->vma->flags & VM_SHARED))
        return file_map(f, page, index);
    result = file_copy(f, page, index);
    page_put(page);
    return result;
}

enum fault_result fault_shared_upgrade(struct fault *f)
{
    if (!fault_relock(f, R_NONE))
        return FAULT_DONE;
    page_bit_set(entry_page(f->seen_pte), PAGE_DIRTY);
    entry_grant_write(f->table, f->slot);
    count_event(pgfault_shared);
    fault_unlock(f);
    tlb_flush_page(f->address); /* other CPUs fault once more at worst, and find it fine (R48) */
    return FAULT_DONE;
}
