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
        if ((seen & MUTEX_WAITERS) || (seen != 0 && !spin_is_worth_it((const struct task *)(uintptr_t)seen)))
            return false;
        spin_relax();
    }
    return false;
}

/* The mutex is held by another one. */
static int wait_for(struct mutex *m, enum task_state state, vaddr_t ip, u32 *waited)
{
    struct lock_holder holder = {.pid = READ_ONCE(m->owner_pid), .cpu = task_running_cpu(mutex_owner(m))};

    task_waits_for(m, m->class->name, ip);
    struct lock_wait wait = lock_wait_begin(m, m->class, CONTEND_MUTEX, holder, ip);
    int error = spin_for(m) ? 0 : wait_for_grant(m, state);
    *waited = lock_wait_end(&wait, m, m->class, error);
    task_waits_for(NULL, NULL, 0);
    return error;
}

static always_inline void note_owner(struct mutex *m, const struct task *self)
{
    WRITE_ONCE(m->owner_pid, (u16)self->pid);
}

/* The first attempt failed, or somebody measures, or other locks are held, whose order is to be checked. */
static noinline in_registers int lock_slowly(struct mutex *m, vaddr_t ip, u32 how)
{
    struct lock_waited waited = {.contended = !(how & HOW_TAKEN)};
    int error = 0;

    sleep_lock_wanted(m, m->class, how, ip);
    if (!(how & HOW_TAKEN))
        error = wait_for(m, how_state(how), ip, &waited.cycles);
    assert(error == 0 || (how & HOW_KILLABLE));
    if (error == 0)
        sleep_lock_taken(m, m->class, LOCK_EXCLUSIVE, &m->last_cpu, waited, ip);
    if (error == 0 && current != NULL)
        note_owner(m, current);
    return error;
}

static always_inline int lock(struct mutex *m, vaddr_t ip, u32 how)
{
    struct task *self = current;

    if (unlikely(!word_cmpxchg(m, 0, (u32)(uintptr_t)self)))
        return lock_slowly(m, ip, how);
    if (unlikely(!sleep_lock_is_plain(self)))
        return lock_slowly(m, ip, how | HOW_TAKEN);
    sleep_lock_note(self, m, m->class, LOCK_EXCLUSIVE, ip);
    note_owner(m, self);
    return 0;
}

lock_implementation in_registers void mutex_lock(struct mutex *m)
{
    (void)lock(m, CALLER_IP(), 0);
}

lock_implementation void mutex_lock_nested(struct mutex *m)
{
    (void)lock(m, CALLER_IP(), HOW_NESTED);
}

lock_implementation int mutex_lock_killable(struct mutex *m)
{
    return lock(m, CALLER_IP(), HOW_KILLABLE);
}

lock_implementation bool mutex_try_lock(struct mutex *m)
{
    struct lock_waited at_once = {.contended = false};

    if (READ_ONCE(m->word) != 0 || !word_cmpxchg(m, 0, me()))
        return false;
    sleep_lock_tried(m, m->class, 0, CALLER_IP());
    sleep_lock_taken(m, m->class, LOCK_EXCLUSIVE, &m->last_cpu, at_once, CALLER_IP());
    if (current != NULL)
        note_owner(m, current);
    return true;
}

/* Others want it. */
static noinline in_registers void hand_over(struct mutex *m)
{
    assert(READ_ONCE(m->word) & MUTEX_WAITERS || mutex_owner(m) == current);
    spin_lock(&m->lock);
    struct lock_waiter *head = list_first(&m->waiters, struct lock_waiter, link);
    if (head == NULL) { /* the last waiter was killed after we looked */
        store_release(&m->word, 0u);
    } else {
        bool more = head->link.next != &m->waiters;
        WRITE_ONCE(m->owner_pid, (u16)head->task->pid); /* it waits, so it is there */
        WRITE_ONCE(m->word, (u32)(uintptr_t)head->task | (more ? MUTEX_WAITERS : 0));
        lock_waiter_grant(head);
    }
    spin_unlock(&m->lock);
}

static always_inline void let_go(struct mutex *m, const struct task *self)
{
    if (unlikely(!word_cmpxchg(m, (u32)(uintptr_t)self, 0)))
        hand_over(m);
}

static noinline in_registers void unlock_slowly(struct mutex *m)
{
    sleep_lock_forget_slowly(current, m);
    let_go(m, current);
}

lock_implementation in_registers void mutex_unlock(struct mutex *m)
{
    struct task *self = current;

    if (likely(sleep_lock_forget(self, m)))
        let_go(m, self);
    else
        unlock_slowly(m);
}

bool mutex_is_held(const struct mutex *m)
{
    return held_sleep(m, LOCK_EXCLUSIVE);
}
