/*
 * faultlock=retry: as rwsem, but what has to be read from disk is read with nothing held, and the fault then
 * begins again (Linux since 2.6.37). A slow read delays nobody's mmap; the price is a second look-up.
 */
#include "mm/fault/fault_private.h"

static bool retry_still_valid(const struct fault *f)
{
    return f->vma->seq ==
           f->seen_seq; /* held since the latest look-up, so always; a stale look-up would show here */
}

const struct faultlock faultlock_retry = {
    .name = "retry",
    .enter = region_enter_shared,
    .still_valid = retry_still_valid,
    .leave = region_leave_shared,
    .holds_through_io = false,
};
