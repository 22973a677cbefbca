/*
 * The mutex. Its word is the owner's address, and bit 0 says that somebody waits:
 *
 *   0                free           lock: 0 -> me, one compare-exchange
 *   owner            held           unlock: me -> 0, one compare-exchange
 *   owner | WAITERS  held, wanted   both of the above fail; the inner lock decides
 *
 * WAITERS is set if and only if the queue is not empty, as seen under the inner lock. With WAITERS set the
 * word never becomes 0, so nobody overtakes the queue: unlock writes the head's address into the word and
 * wakes it (hand-off).
 */
#include "sync/mutex.h"
#include "diag/assert.h"
#include "sync/sleep_lock.h"

static u32 me(void)
{
    return (u32)(uintptr_t)current;
}

static bool word_cmpxchg(struct mutex *m, u32 old, u32 new)
{
    choice_point(&m->word);
    return __atomic_compare_exchange_n(&m->word, &old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

void mutex_init_class(struct mutex *m, struct lock_class *class)
{
    static struct lock_class inner_class = {
        .name = "mutex.lock", .rank = RANK_WAIT, .file = __FILE__, .line = __LINE__};

    *m = (struct mutex){.class = class};
    spinlock_init_class(&m->lock, &inner_class);
    list_init(&m->waiters);
}

/* Marks the word as wanted, or takes the mutex when it became free meanwhile. True when taken. */
static bool take_or_mark(struct mutex *m) must_hold(&m->lock)
{
    for (;;) {
        u32 seen = READ_ONCE(m->word);
        if (seen == 0) {
            if (word_cmpxchg(m, 0, me()))
                return true;
        } else if ((seen & MUTEX_WAITERS) || word_cmpxchg(m, seen, seen | MUTEX_WAITERS)) {
            return false;
        }
    }
}

/* Killed while it waited. 0 when the mutex was handed to it all the same. */
static int leave_queue(struct mutex *m, struct lock_waiter *w)
{
    int result = 0;

    spin_lock(&m->lock);
    if (!w->granted) {
        list_remove(&w->link);
        if (list_is_empty(&m->waiters))
            atomic_bit_clear(&m->word, 0);
        result = -EINTR;
    }
    spin_unlock(&m->lock);
    return result;
}

static int wait_for_grant(struct mutex *m, enum task_state state)
{
    struct lock_waiter w = {.task = current, .mode = LOCK_EXCLUSIVE, .granted = 0};

    spin_lock(&m->lock);
    if (take_or_mark(m)) {
        spin_unlock(&m->lock);
        return 0;
    }
    list_push_back(&m->waiters, &w.link);
    spin_unlock(&m->lock);
    return lock_waiter_sleep(&w, state) ? 0 : leave_queue(m, &w);
}

/* As long as the owner runs it will soon let go, and we spare two switches. Nobody is passed who waits: with
 * WAITERS set the word never becomes 0, and we go to the end of the queue like everybody. */
static bool spin_for(struct mutex *m)
{
    for (u32 i = 0; i < SPINS_MAX; i++) {
        u32 seen = READ_ONCE(m->word);
        if (seen == 0 && word_cmpxchg(m, 0, me()))
            return true;
        if ((seen & MUTEX_WAITERS) || (seen != 0 && !spin_is_worth_it((struct task *)(uintptr_t)seen)))
            return false;
        spin_relax();
    }
    return false;
}

/* The first attempt failed, or somebody measures. */
static noinline int lock_watched_or_contended(struct mutex *m, enum task_state state, bool nested, bool taken,
                                              vaddr_t ip)
{
    u32 waited = 0;
    int error = 0;

    if (lock_watched())
        lock_watch_acquire(m, m->class, ACQUIRE_SLEEPS | (nested ? ACQUIRE_NESTED : 0), ip);
    if (!taken) {
        struct task *owner = mutex_owner(m);
        struct lock_holder holder = {.pid = owner ? owner->pid : -1, .cpu = owner ? (s32)owner->cpu : -1};
        task_waits_for(m, m->class->name, ip);
        struct lock_wait wait = lock_wait_begin(m, m->class, CONTEND_MUTEX, holder, ip);
        error = spin_for(m) ? 0 : wait_for_grant(m, state);
        waited = lock_wait_end(&wait, m, m->class, error);
        task_waits_for(NULL, NULL, 0);
    }
    if (error == 0)
        sleep_lock_taken(m, m->class, LOCK_EXCLUSIVE, &m->last_cpu, !taken, waited, ip);
    return error;
}

static always_inline int lock(struct mutex *m, enum task_state state, bool nested, vaddr_t ip)
{
    sleep_lock_check(m, m->class, nested, ip);
    bool taken = word_cmpxchg(m, 0, me());
    if (unlikely(!taken) || lock_watched())
        return lock_watched_or_contended(m, state, nested, taken, ip);
    sleep_lock_taken(m, m->class, LOCK_EXCLUSIVE, &m->last_cpu, false, 0, ip);
    return 0;
}

lock_implementation void mutex_lock(struct mutex *m)
{
    int error = lock(m, TASK_UNINTERRUPTIBLE, false, CALLER_IP());
    assert(error == 0);
}

lock_implementation void mutex_lock_nested(struct mutex *m)
{
    int error = lock(m, TASK_UNINTERRUPTIBLE, true, CALLER_IP());
    assert(error == 0);
}

lock_implementation int mutex_lock_killable(struct mutex *m)
{
    return lock(m, TASK_KILLABLE, false, CALLER_IP());
}

lock_implementation bool mutex_try_lock(struct mutex *m)
{
    if (READ_ONCE(m->word) != 0 || !word_cmpxchg(m, 0, me()))
        return false;
    sleep_lock_taken(m, m->class, LOCK_EXCLUSIVE, &m->last_cpu, false, 0, CALLER_IP());
    return true;
}

static noinline void hand_over(struct mutex *m)
{
    spin_lock(&m->lock);
    struct lock_waiter *head = list_first(&m->waiters, struct lock_waiter, link);
    if (head == NULL) { /* the last waiter was killed after we looked */
        store_release(&m->word, 0u);
    } else {
        bool more = head->link.next != &m->waiters;
        WRITE_ONCE(m->word, (u32)(uintptr_t)head->task | (more ? MUTEX_WAITERS : 0));
        lock_waiter_grant(head);
    }
    spin_unlock(&m->lock);
}

lock_implementation void mutex_unlock(struct mutex *m)
{
    sleep_lock_dropped(m);
    if (unlikely(!word_cmpxchg(m, me(), 0))) {
        assert(READ_ONCE(m->word) & MUTEX_WAITERS || mutex_owner(m) == current);
        hand_over(m);
    }
}

bool mutex_is_held(const struct mutex *m)
{
    return held_sleep(m, LOCK_EXCLUSIVE);
}
