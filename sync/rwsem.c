/*
 * The reader-writer semaphore: mmap_lock's type.
 *
 * One word, `count`:   readers * READER  |  WAITERS  |  WRITER
 *
 *   read lock      count += READER; had it WRITER or WAITERS? then queue       one locked instruction, never
 * retried, read unlock    count -= READER; is it exactly WAITERS now? hand over       however many readers
 * come at once write lock     0 -> WRITER, else queue write unlock   count -= WRITER; has it WAITERS? hand
 * over
 *
 * WAITERS is set if and only if the queue is not empty, as seen under the inner lock. While it is set nobody
 * enters by the short ways above; the lock is only *granted*, under the inner lock, to the head of the queue:
 * one writer, or all the readers up to the next writer. That is the fairness, in both directions: who queues
 * first is served first, a reader waits for at most the writers before it, a writer for the readers that were
 * in or queued before it (R37). It is also why one task must never read-lock twice (R34): a writer may queue
 * between the two.
 *
 * The one subtle state: a reader that fails has added READER for a moment, so a granter may see a reader who
 * is none.
 *
 *   reader R (will fail)           last holder H                       writer W, head of the queue
 *   count += READER
 *     sees WAITERS                 count -= WRITER; WAITERS: hand over
 *                                    count is READER|WAITERS, not
 *                                    WAITERS: W is not granted         sleeps on
 *   inner lock, queue behind W
 *   count -= READER
 *   grant_heads: count is WAITERS, W is granted.
 *
 * So whoever fails must call grant_heads() after it took its READER back, and it does: queueing ends with
 * that call. Every other failure to grant is for a real holder, whose unlock will call again. Thus: if the
 * queue is not empty, either somebody holds the lock, or somebody is on the way to grant_heads().
 */
#include "sync/rwsem.h"
#include "diag/assert.h"
#include "diag/race.h"
#include "sync/sleep_lock.h"

#define WRITER  1
#define WAITERS 2
#define READER  4

void rwsem_init_class(struct rwsem *s, struct lock_class *class)
{
    static struct lock_class inner_class = {
        .name = "rwsem.lock", .rank = RANK_WAIT, .file = __FILE__, .line = __LINE__};

    *s = (struct rwsem){.class = class};
    spinlock_init_class(&s->lock, &inner_class);
    list_init(&s->waiters);
}

/* Gives the lock to the head of the queue, if it is free for it. */
static void grant_heads(struct rwsem *s) must_hold(&s->lock)
{
    struct lock_waiter *head;

    while ((head = list_first(&s->waiters, struct lock_waiter, link)) != NULL) {
        bool last = head->link.next == &s->waiters;
        if (head->mode == LOCK_EXCLUSIVE) {
            if (!atomic_cmpxchg(&s->count, WAITERS, WRITER | (last ? 0 : WAITERS)))
                return;
            WRITE_ONCE(s->writer, head->task);
            lock_waiter_grant(head);
            return;
        }
        /* While WAITERS is set only we could set WRITER, so this look stays true. */
        if (atomic_read(&s->count) & WRITER)
            return;
        atomic_add(&s->count, READER - (last ? WAITERS : 0));
        lock_waiter_grant(head);
    }
}

static noinline void hand_over(struct rwsem *s)
{
    spin_lock(&s->lock);
    grant_heads(s);
    spin_unlock(&s->lock);
}

/* Killed while it waited. 0 when the lock was handed to it all the same. */
static int leave_queue(struct rwsem *s, struct lock_waiter *w)
{
    int result = 0;

    spin_lock(&s->lock);
    if (!w->granted) {
        list_remove(&w->link);
        if (list_is_empty(&s->waiters))
            atomic_add(&s->count, -WAITERS);
        grant_heads(s); /* a writer that leaves may have kept readers waiting behind it */
        result = -EINTR;
    }
    spin_unlock(&s->lock);
    return result;
}

/* `taken_back`: the READER that a failed read lock has added. */
static int queue_and_wait(struct rwsem *s, enum lock_mode mode, int taken_back, enum task_state state)
{
    struct lock_waiter w = {.task = current, .mode = mode, .granted = 0};

    spin_lock(&s->lock);
    bool first = list_is_empty(&s->waiters);
    list_push_back(&s->waiters, &w.link);
    atomic_add(&s->count, (first ? WAITERS : 0) - taken_back);
    grant_heads(s);
    spin_unlock(&s->lock);
    if (mode == LOCK_EXCLUSIVE)
        race_point(R34); /* from here on no reader enters, one that holds the lock already not excepted */
    race_point(R37);     /* who comes from here on is served after us */
    return lock_waiter_sleep(&w, state) ? 0 : leave_queue(s, &w);
}

/*
 * While a writer holds the lock and runs it will soon let go: spinning spares two switches. Not while anybody
 * queues: then the lock goes to him. A reader has its READER in the count already. When it sees WRITER gone
 * it is in: with READER in the count nobody can have become the writer since (that takes a count of exactly
 * 0, or exactly WAITERS). Should it give up in that very moment, queueing takes its READER back and
 * grant_heads() gives it again.
 */
static bool spin_for(struct rwsem *s, enum lock_mode mode)
{
    for (u32 i = 0; i < SPINS_MAX; i++) {
        int seen = atomic_read_acquire(&s->count);
        if (mode == LOCK_SHARED && !(seen & WRITER))
            return i != 0; /* it was not the writer that stopped us but those who wait */
        if (mode == LOCK_EXCLUSIVE && seen == 0 && atomic_cmpxchg(&s->count, 0, WRITER))
            return true;
        struct task *writer = READ_ONCE(s->writer);
        if ((seen & WAITERS) || (writer && !spin_is_worth_it(writer)))
            return false;
        if (seen != 0 && !(seen & WRITER))
            return false;
        spin_relax();
    }
    return false;
}

/* The first attempt failed, or somebody measures. */
static noinline int lock_watched_or_contended(struct rwsem *s, enum lock_mode mode, enum task_state state,
                                              bool nested, bool taken, vaddr_t ip)
{
    u32 waited = 0;
    int error = 0;
    bool read = mode == LOCK_SHARED;

    if (lock_watched())
        lock_watch_acquire(s, s->class,
                           ACQUIRE_SLEEPS | (read ? ACQUIRE_READ : 0) | (nested ? ACQUIRE_NESTED : 0), ip);
    if (!taken) {
        struct task *writer = READ_ONCE(s->writer);
        struct lock_holder holder = {.pid = writer ? writer->pid : -1, .cpu = writer ? (s32)writer->cpu : -1};
        task_waits_for(s, s->class->name, ip);
        struct lock_wait wait = lock_wait_begin(s, s->class, read ? CONTEND_READ : CONTEND_WRITE, holder, ip);
        error = spin_for(s, mode) ? 0 : queue_and_wait(s, mode, read ? READER : 0, state);
        waited = lock_wait_end(&wait, s, s->class, error);
        task_waits_for(NULL, NULL, 0);
    }
    if (error == 0)
        sleep_lock_taken(s, s->class, mode, &s->last_cpu, !taken, waited, ip);
    return error;
}

static always_inline int read_lock(struct rwsem *s, enum task_state state, vaddr_t ip)
{
    sleep_lock_check(s, s->class, false, ip);
    int blockers = mutant(R37) ? WRITER : WRITER | WAITERS;
    bool taken = !((atomic_add(&s->count, READER) - READER) & blockers);
    if (unlikely(!taken) || lock_watched())
        return lock_watched_or_contended(s, LOCK_SHARED, state, false, taken, ip);
    sleep_lock_taken(s, s->class, LOCK_SHARED, &s->last_cpu, false, 0, ip);
    return 0;
}

static always_inline int write_lock(struct rwsem *s, enum task_state state, bool nested, vaddr_t ip)
{
    sleep_lock_check(s, s->class, nested, ip);
    bool taken = atomic_cmpxchg(&s->count, 0, WRITER);
    if (unlikely(!taken) || lock_watched()) {
        int error = lock_watched_or_contended(s, LOCK_EXCLUSIVE, state, nested, taken, ip);
        if (error)
            return error;
    } else {
        sleep_lock_taken(s, s->class, LOCK_EXCLUSIVE, &s->last_cpu, false, 0, ip);
    }
    WRITE_ONCE(s->writer, current);
    return 0;
}

lock_implementation void rwsem_read_lock(struct rwsem *s)
{
    int error = read_lock(s, TASK_UNINTERRUPTIBLE, CALLER_IP());
    assert(error == 0);
}

lock_implementation int rwsem_read_lock_killable(struct rwsem *s)
{
    return read_lock(s, TASK_KILLABLE, CALLER_IP());
}

lock_implementation bool rwsem_read_try_lock(struct rwsem *s)
{
    int seen = atomic_read(&s->count);

    while (!(seen & (WRITER | WAITERS))) {
        if (atomic_cmpxchg(&s->count, seen, seen + READER)) {
            sleep_lock_taken(s, s->class, LOCK_SHARED, &s->last_cpu, false, 0, CALLER_IP());
            return true;
        }
        seen = atomic_read(&s->count);
    }
    return false;
}

lock_implementation void rwsem_read_unlock(struct rwsem *s)
{
    sleep_lock_dropped(s);
    int now = atomic_add(&s->count, -READER);
    assert(now >= 0 && !(now & WRITER));
    if (unlikely(now == WAITERS))
        hand_over(s);
}

lock_implementation void rwsem_write_lock(struct rwsem *s)
{
    int error = write_lock(s, TASK_UNINTERRUPTIBLE, false, CALLER_IP());
    assert(error == 0);
}

lock_implementation void rwsem_write_lock_nested(struct rwsem *s)
{
    int error = write_lock(s, TASK_UNINTERRUPTIBLE, true, CALLER_IP());
    assert(error == 0);
}

lock_implementation int rwsem_write_lock_killable(struct rwsem *s)
{
    return write_lock(s, TASK_KILLABLE, false, CALLER_IP());
}

lock_implementation bool rwsem_write_try_lock(struct rwsem *s)
{
    if (atomic_read(&s->count) != 0 || !atomic_cmpxchg(&s->count, 0, WRITER))
        return false;
    sleep_lock_taken(s, s->class, LOCK_EXCLUSIVE, &s->last_cpu, false, 0, CALLER_IP());
    WRITE_ONCE(s->writer, current);
    return true;
}

lock_implementation void rwsem_write_unlock(struct rwsem *s)
{
    sleep_lock_dropped(s);
    assert(READ_ONCE(s->writer) == current);
    WRITE_ONCE(s->writer, NULL);
    if (unlikely(atomic_add(&s->count, -WRITER) & WAITERS))
        hand_over(s);
}

lock_implementation void rwsem_downgrade(struct rwsem *s)
{
    assert(READ_ONCE(s->writer) == current);
    held_downgrade(s);
    WRITE_ONCE(s->writer, NULL);
    if (unlikely(atomic_add(&s->count, READER - WRITER) & WAITERS))
        hand_over(s); /* readers at the head of the queue may come in beside us */
}

bool rwsem_is_held_write(const struct rwsem *s)
{
    return held_sleep(s, LOCK_EXCLUSIVE);
}

bool rwsem_is_held(const struct rwsem *s)
{
    return held_sleep(s, LOCK_SHARED);
}

lock_implementation void rwsem_assert_write(struct rwsem *s)
{
    assert(rwsem_is_held_write(s));
}

lock_implementation void rwsem_assert_held(struct rwsem *s)
{
    assert(rwsem_is_held(s));
}
