/*
 * Shape B: a case named what must be waited for, everything was let go, and here the waiting is done.
 * Afterwards the fault starts again at the look-up. Nothing that was derived from the region may be used
 * here: the region may be gone, and its memory another region's (R07). The page and the file are kept by
 * references of the fault's own.
 */
#include "diag/assert.h"
#include "mm/fault/fault_private.h"
#include "mm/fault/oom.h"
#include "mm/space/mm_private.h"
#include "sched/task.h"

static enum fault_result wait_for_read(struct fault *f)
{
    int error;
    struct page *page = mapping_read(f->pending_file, f->pending_index, &error);
    current->fault_reads++;
    f->pending_file->ops->put(f->pending_file);
    if (page) {
        page_put(page); /* the retry finds it in the cache, or reads again if it was dropped */
        return FAULT_DONE;
    }
    return error == -ENOMEM ? FAULT_NO_MEMORY : error == -EINTR ? FAULT_KILLED : FAULT_IO_ERROR;
}

static enum fault_result wait_for_page(struct fault *f)
{
    int error = page_wait_unlocked_killable(f->pending);

    page_put(f->pending); /* killed or not, nothing stays behind (R38) */
    return error ? FAULT_KILLED : FAULT_DONE;
}

noinline enum fault_result fault_wait(struct fault *f)
{
    enum fault_result result = FAULT_DONE;

    assert(!(f->pending && f->pending_file));
    race_point(R07); /* nothing is held: regions may come and go */
    if (f->pending_file)
        result = wait_for_read(f);
    else if (f->pending)
        result = wait_for_page(f);
    else if (f->pending_userfault)
        result = fault_ask(f);
    return result;
}

#ifdef FL_TEST
/* R30's mistake: room is made with the space locked, which whoever is to end may be waiting for. */
static enum fault_result make_room_locked(struct fault *f)
{
    enum fault_result result;

    rwsem_read_lock(&f->mm->mmap_lock);
    result = oom_relieve();
    rwsem_read_unlock(&f->mm->mmap_lock);
    return result;
}
#else
#define make_room_locked(f) FAULT_NO_MEMORY
#endif

noinline enum fault_result fault_make_room(struct fault *f)
{
    return mutant(R30) ? make_room_locked(f) : oom_relieve();
}
