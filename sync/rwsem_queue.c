/*
 * The reader-writer semaphore: its word, and the queue of those who wait.
 *
 * One word, `count`:   readers * READER  |  WAITERS  |  WRITER
 *
 *   read lock      count += READER; had it WRITER or WAITERS? then queue       one locked instruction, never
 *                                                                              retried, however many come
 *   read unlock    count -= READER; is it exactly WAITERS now? hand over
 *   write lock     0 -> WRITER, else queue
 *   write unlock   count -= WRITER; has it WAITERS? hand over
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
#include "diag/assert.h"
#include "diag/race.h"
#include "sync/rwsem_internal.h"

/* Gives the lock to the head of the queue, if it is free for it. */
static void grant_heads(struct rwsem *s) must_hold(&s->lock)
{
    struct lock_waiter *head;

    while ((head = list_first(&s->waiters, struct lock_waiter, link)) != NULL) {
        bool last = head->link.next == &s->waiters;
        if (head->mode == LOCK_EXCLUSIVE) {
            if (!atomic_cmpxchg(&s->count, RWSEM_WAITERS, RWSEM_WRITER | (last ? 0 : RWSEM_WAITERS)))
                return;
            WRITE_ONCE(s->writer_pid, (u16)head->task->pid); /* it waits, so it is there */
            WRITE_ONCE(s->writer, head->task);
            lock_waiter_grant(head);
            return;
        }
        /* While RWSEM_WAITERS is set only we could set RWSEM_WRITER, so this look stays true. */
        if (atomic_read(&s->count) & RWSEM_WRITER)
            return;
        atomic_add(&s->count, RWSEM_READER - (last ? RWSEM_WAITERS : 0));
        lock_waiter_grant(head);
    }
}

in_registers void rwsem_hand_over(struct rwsem *s)
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
            atomic_add(&s->count, -RWSEM_WAITERS);
        grant_heads(s); /* a writer that leaves may have kept readers waiting behind it */
        result = -EINTR;
    }
    spin_unlock(&s->lock);
    return result;
}

/* `taken_back`: the RWSEM_READER that a failed read lock has added. */
static int queue_and_wait(struct rwsem *s, enum lock_mode mode, int taken_back, enum task_state state)
{
    struct lock_waiter w = {.task = current, .mode = mode, .granted = 0};

    spin_lock(&s->lock);
    bool first = list_is_empty(&s->waiters);
    list_push_back(&s->waiters, &w.link);
    atomic_add(&s->count, (first ? RWSEM_WAITERS : 0) - taken_back);
    grant_heads(s);
    spin_unlock(&s->lock);
    if (mode == LOCK_EXCLUSIVE)
        race_point(R34); /* from here on no reader enters, one that holds the lock already not excepted */
    race_point(R37);     /* who comes from here on is served after us */
    return lock_waiter_sleep(&w, state) ? 0 : leave_queue(s, &w);
}

/*
 * While a writer holds the lock and runs it will soon let go: spinning spares two switches. Not while anybody
 * queues: then the lock goes to him. A reader has its RWSEM_READER in the count already. When it sees
 * RWSEM_WRITER gone it is in: with RWSEM_READER in the count nobody can have become the writer since (that
 * takes a count of exactly 0, or exactly RWSEM_WAITERS). Should it give up in that very moment, queueing
 * takes its RWSEM_READER back and grant_heads() gives it again.
 */
static bool spin_for(struct rwsem *s, enum lock_mode mode)
{
    for (u32 i = 0; i < SPINS_MAX; i++) {
        int seen = atomic_read_acquire(&s->count);
        if (mode == LOCK_SHARED && !(seen & RWSEM_WRITER))
            return i != 0; /* it was not the writer that stopped us but those who wait */
        if (mode == LOCK_EXCLUSIVE && seen == 0 && atomic_cmpxchg(&s->count, 0, RWSEM_WRITER))
            return true;
        struct task *writer = READ_ONCE(s->writer);
        if ((seen & RWSEM_WAITERS) || (writer && !spin_is_worth_it(writer)))
            return false;
        if (seen != 0 && !(seen & RWSEM_WRITER))
            return false;
        spin_relax();
    }
    return false;
}

int rwsem_wait(struct rwsem *s, enum lock_mode mode, enum task_state state)
{
    if (spin_for(s, mode))
        return 0;
    return queue_and_wait(s, mode, mode == LOCK_SHARED ? RWSEM_READER : 0, state);
}
