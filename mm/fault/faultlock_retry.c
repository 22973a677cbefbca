/*
 * faultlock=retry: as rwsem, but what has to be read from disk is read with nothing held, and the fault then
 * begins again (Linux since 2.6.37). A slow read delays nobody's mmap; the price is a second look-up.
 */
#include "mm/fault/fault_private.h"

const struct faultlock faultlock_retry = {
    .name = "retry",
    .enter = region_enter_shared,
    .still_valid = NULL, /* mmap_lock is held since the latest look-up */
    .leave = region_leave_shared,
    .shares_mmap_lock = true,
    .holds_through_io = false,
};
