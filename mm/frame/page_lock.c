/*
 * The page lock: a bit in the page and a table of wait queues shared by all pages.
 *
 * A sleeper queues itself, sets PG_WAITERS, and only then looks at the lock bit (R32); the unlock clears the
 * lock bit and only then looks at PG_WAITERS. Both bits are in one word and both writes are full barriers, so
 * one of the two sees the other. An unlock without PG_WAITERS touches no queue.
 */
#include "mm/frame/page_lock.h"
#include "diag/assert.h"
#include "lib/errno.h"
#include "mm/frame/page_private.h"
#include "sync/waitqueue.h"

#define QUEUES 64u /* a power of two; pages that share one wake each other for nothing, and sleep on */

static struct waitqueue page_queues[QUEUES];
static struct lock_class page_lock_class = {
    .name = "page_lock", .rank = RANK_PAGE, .file = __FILE__, .line = __LINE__};

init_text void page_lock_init(void)
{
    for (unsigned i = 0; i < QUEUES; i++)
        waitqueue_init_class(&page_queues[i], LOCK_CLASS("page_wait", WAIT));
}

static struct waitqueue *queue_of(const struct page *page)
{
    return &page_queues[(page_pfn(page) * 0x9E3779B1u) >>
                        26]; /* Knuth's multiplicative hash: the top 6 bits */
}
static_assert(QUEUES == 1u << (32 - 26), "the hash gives as many bits as there are queues");

bool page_is_locked(const struct page *page)
{
    return atomic_bit_test(&page->flags, PG_LOCKED);
}

static inline bool try_bit(struct page *page)
{
    return !atomic_bit_set(&page->flags, PG_LOCKED);
}

/* For a wait loop: says that we shall sleep unless the lock is free now. */
static bool flagged_try(struct page *page)
{
    atomic_bit_set(&page->flags, PG_WAITERS);
    return try_bit(page);
}
static bool flagged_is_free(struct page *page)
{
    atomic_bit_set(&page->flags, PG_WAITERS);
    return !page_is_locked(page);
}

void page_lock(struct page *page)
{
    might_sleep();
    held_check(page, &page_lock_class, true, false, false, CALLER_IP());
    if (unlikely(!try_bit(page))) {
        task_waits_for(page, page_lock_class.name, CALLER_IP());
        wait_event(queue_of(page), flagged_try(page));
    }
    held_add(page, &page_lock_class, true, LOCK_EXCLUSIVE, CALLER_IP());
}

int page_lock_killable(struct page *page)
{
    might_sleep();
    held_check(page, &page_lock_class, true, false, false, CALLER_IP());
    if (unlikely(!try_bit(page))) {
        task_waits_for(page, page_lock_class.name, CALLER_IP());
        int error = wait_event_killable(queue_of(page), flagged_try(page));
        if (error)
            return error;
    }
    held_add(page, &page_lock_class, true, LOCK_EXCLUSIVE, CALLER_IP());
    return 0;
}

bool page_try_lock(struct page *page)
{
    if (!try_bit(page))
        return false;
    held_add(page, &page_lock_class, true, LOCK_EXCLUSIVE, CALLER_IP());
    return true;
}

void page_unlock(struct page *page)
{
    held_remove(page, true);
    bool was_locked = atomic_bit_clear(&page->flags, PG_LOCKED);
    assert(was_locked);
    /* From here another may hold the lock. Our caller's reference keeps the frame, and so its flags, from
     * reuse. */
    if (unlikely(atomic_bit_test(&page->flags, PG_WAITERS))) {
        atomic_bit_clear(&page->flags, PG_WAITERS); /* whoever must sleep again sets it again */
        wake_all(queue_of(page));
    }
}

void page_wait_unlocked(struct page *page)
{
    might_sleep();
    assert(!held_sleep(page, LOCK_SHARED)); /* he would wait for himself */
    if (!page_is_locked(page))
        return;
    task_waits_for(page, page_lock_class.name, CALLER_IP());
    wait_event(queue_of(page), flagged_is_free(page));
}

int page_wait_unlocked_killable(struct page *page)
{
    might_sleep();
    assert(!held_sleep(page, LOCK_SHARED));
    if (!page_is_locked(page))
        return 0;
    task_waits_for(page, page_lock_class.name, CALLER_IP());
    return wait_event_killable(queue_of(page), flagged_is_free(page));
}
