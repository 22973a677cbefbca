/*
 * A page is missing where a program provides the pages itself (userfaultfd): shape B. The case names whom to
 * ask; the asking and the waiting are done with nothing held.
 */
#include "diag/assert.h"
#include "mm/fault/fault_private.h"
#include "mm/fault/userfault_private.h"
#include "mm/space/mm_private.h"

/* The page may have come since the fault looked: in the entry, or in the file. */
static bool still_missing(const struct fault *f) must_hold(f)
{
    struct page *page;

    if (!pte_empty(pt_peek(f->mm, f->address)))
        return false;
    page = f->vma->mapping ? mapping_find(f->vma->mapping, vma_index(f->vma, f->address)) : NULL;
    if (page)
        page_put(page);
    return !page;
}

enum fault_result fault_missing(struct fault *f)
{
    struct userfault *uf;

    if (fault_is_lockfree(f)) { /* whoever closes the userfault has mmap_lock: without it, it may be gone */
        f->stale = true;
        return FAULT_WAIT;
    }
    uf = f->vma->userfault;
    if (READ_ONCE(uf->sigbus) || (uf->user_only && !(f->access & ACCESS_USER)))
        return FAULT_IO_ERROR;
    f->seen_answers = load_acquire(&uf->answers); /* before the look (userfault.c) */
    if (!still_missing(f))
        return fault_wait_for(f, NULL, NULL, 0); /* look again, and it is there */
    fault_phase(f, ask, 0);
    (void)fault_wait_for(f, NULL, NULL, 0);
    userfault_get(uf);
    f->pending_userfault = uf;
    return FAULT_WAIT;
}

/* A program's own access can be made again after a handler of a signal; a copy in the kernel cannot. 0 or
 * -EINTR. */
static int wait_for_answer(struct asker *asker, bool user)
{
    return user ? wait_event_interruptible(&asker->wait, load_acquire(&asker->answered))
                : wait_event_killable(&asker->wait, load_acquire(&asker->answered));
}

enum fault_result fault_ask(struct fault *f)
{
    struct userfault *uf = f->pending_userfault;
    struct asker asker = {.question = {f->address, current->pid, fault_is_write(f)}};
    int error = 0;

    race_point(R57); /* nothing is held: the page may be provided, and nobody be there to be woken */
    if (userfault_ask(uf, &asker, f->seen_answers)) {
        error = wait_for_answer(&asker, f->access & ACCESS_USER);
        userfault_leave(uf, &asker);
    }
    userfault_put(uf);
    if (!error)
        return FAULT_DONE;
    return task_is_killed(current) ? FAULT_KILLED : FAULT_INTERRUPTED;
}
