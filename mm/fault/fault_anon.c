/* Memory that no file is behind, touched for the first time. */
#include "mm/fault/fault_private.h"
#include "mm/space/mm_private.h"

/* Everybody's page of zeroes, until somebody writes. */
static enum fault_result anonymous_read(struct fault *f)
{
    race_point(R01);
    if (!fault_relock(f, R01))
        return FAULT_DONE;
    fault_install(f, zero_page, pte_make(zero_pfn, PROT_PTE_USER));
    count_event(pgfault_zero);
    fault_unlock(f);
    return FAULT_DONE;
}

static enum fault_result anonymous_write(struct fault *f) must_hold(f)
{
    struct page *page = page_alloc(mutant(R04) ? GFP_USER : GFP_USER | GFP_ZERO);
    u32 sampled = f->vma->flags; /* what the mutant R10 goes by */

    if (!page)
        return FAULT_NO_MEMORY;
    fault_phase(f, alloc, 0);
    fault_window(f, R10); /* mprotect waits for mmap_lock; let go here, it would not */
    race_point(R01);      /* another CPU may fill the entry */
    if (!mutant(R04))
        race_point(R04); /* the contents are complete, and nobody sees them yet */
    if (!fault_relock(f, R01)) {
        page_put(page);
        return FAULT_DONE;
    }
    if (!f->vma->has_private)
        WRITE_ONCE(f->vma->has_private, 1);
    fault_install(f, page, pte_make(page_pfn(page), entry_prot(mutant(R10) ? sampled : f->vma->flags, true)));
    count_event(pgfault_anon);
    fault_unlock(f);
    if (mutant(R04)) {
        race_point(R04);
        page_zero(page);
    }
    return FAULT_DONE;
}

enum fault_result fault_anonymous(struct fault *f)
{
    u32 wary = READ_ONCE(f->mm->wary);

    if (unlikely(wary)) {
        if (wary & MM_REAPED)
            return FAULT_KILLED; /* what was here has been taken; a fatal signal is on its way (oom.c) */
        if (f->vma->flags & VM_USERFAULT)
            return fault_missing(f);
    }
    return fault_is_write(f) ? anonymous_write(f) : anonymous_read(f);
}
