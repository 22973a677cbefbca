/* A frame's way into use and out of it, and who may wait for one: for the two files that hand frames out. */
#pragma once
#include "diag/assert.h"
#include "diag/trace.h"
#include "mm/frame/frame_debug.h"
#include "mm/frame/frame_zone.h"
#include "sched/task.h"
#include "sync/held.h"

/* The frame is ours alone, but a stale pointer to it may still be asked page_get_unless_free(): refs comes
 * last. */
static inline struct page *frame_make_used(struct page *page, vaddr_t ip)
{
    frame_check_poison(page);
    frame_check_kept(page);
    frame_set_owner(page, ip);
    assert(atomic_read(&page->refs) == 0);
    atomic_set_release(&page->refs, 1);
    return page;
}

/* Waiting for other CPUs is only possible from a task that holds no spinlock and has interrupts on. */
static inline bool frames_may_wait(unsigned gfp)
{
    return !(gfp & GFP_ATOMIC) && !in_atomic() && spins_held_count() == 0;
}

/* Nobody holds a reference: checks that nobody needs it, and wipes what the last owner left. `zeroed`: he
 * left nothing but zeroes. True: past the caches. */
static inline bool frame_make_free(struct page *page, bool zeroed)
{
    u32 flags = page->flags;
    assert(atomic_read(&page->map_count) == 0); /* R55: still mapped somewhere */
    assert(!page->mapping);
    assert(!(flags & ((1u << PG_LOCKED) | (1u << PAGE_RESERVED))) && (flags & (1u << PG_RAM)));
    WRITE_ONCE(page->flags, flags & ((3u << PG_ZONE) | (1u << PG_RAM)));
    if (zeroed)
        frame_keep_zeroes(page);
    else
        frame_poison(page);
    trace_point(mm_page_free, page_pfn(page));
    return flags & (1u << PG_DIRECT);
}
