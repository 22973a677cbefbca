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
#include "sched/sched.h"
#include "sync/sleep_lock.h"
#include "sync/waitqueue.h"

#define QUEUES 64u /* a power of two; pages that share one wake each other for nothing, and sleep on */

static struct waitqueue page_queues[QUEUES];
static struct lock_class page_lock_class = {
    .name = "page_lock", .rank = RANK_PAGE, .file = __FILE__, .line = __LINE__};

init_text void page_lock_init(void)
{
    static struct lock_class class = {
        .name = "page_wait", .rank = RANK_WAIT, .file = __FILE__, .line = __LINE__, .is_inner = true};

    sched_name_of = page_say;
    for (unsigned i = 0; i < QUEUES; i++)
        waitqueue_init_class(&page_queues[i], &class);
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

/* The page is locked by another one. */
static int wait_for(struct page *page, enum task_state state, vaddr_t ip, u32 *waited)
{
    struct lock_holder unknown = {.pid = -1, .cpu = -1}; /* a page has no room for a name */
    int error = 0;

    task_waits_for(page, page_lock_class.name, ip);
    struct lock_wait wait = lock_wait_begin(page, &page_lock_class, CONTEND_MUTEX, unknown, ip);
    if (state == TASK_KILLABLE)
        error = wait_event_killable(queue_of(page), flagged_try(page));
    else
        wait_event(queue_of(page), flagged_try(page));
    *waited = lock_wait_end(&wait, page, &page_lock_class, error);
    return error;
}

/* It is locked by another one, or somebody measures, or other locks are held, whose order is to be checked.
 */
static noinline in_registers int lock_slowly(struct page *page, vaddr_t ip, u32 how)
{
    struct lock_waited waited = {.contended = !(how & HOW_TAKEN)};
    int error = 0;

    sleep_lock_wanted(page, &page_lock_class, how, ip);
    if (!(how & HOW_TAKEN))
        error = wait_for(page, how_state(how), ip, &waited.cycles);
    assert(error == 0 || (how & HOW_KILLABLE));
    if (error == 0)
        sleep_lock_taken(page, &page_lock_class, LOCK_EXCLUSIVE, NULL, waited, ip);
    return error;
}

static always_inline int lock(struct page *page, vaddr_t ip, u32 how)
{
    struct task *self = current;

    if (unlikely(!try_bit(page)))
        return lock_slowly(page, ip, how);
    if (unlikely(!sleep_lock_is_plain(self)))
        return lock_slowly(page, ip, how | HOW_TAKEN);
    sleep_lock_note(self, page, &page_lock_class, LOCK_EXCLUSIVE, ip);
    return 0;
}

void page_lock(struct page *page)
{
    (void)lock(page, CALLER_IP(), 0);
}

int page_lock_killable(struct page *page)
{
    return lock(page, CALLER_IP(), HOW_KILLABLE);
}

bool page_try_lock(struct page *page)
{
    struct lock_waited at_once = {.contended = false};

    if (!try_bit(page))
        return false;
    sleep_lock_tried(page, &page_lock_class, 0, CALLER_IP());
    sleep_lock_taken(page, &page_lock_class, LOCK_EXCLUSIVE, NULL, at_once, CALLER_IP());
    return true;
}

void page_unlock(struct page *page)
{
    if (unlikely(!sleep_lock_forget(current, page)))
        sleep_lock_forget_slowly(current, page);
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
