/*
 * The reader-writer semaphore as everybody calls it: the short ways in and out, one atomic each. Who waits,
 * how long, and why that is fair is at the top of sync/rwsem_queue.c.
 */
#include "sync/rwsem.h"
#include "diag/assert.h"
#include "diag/race.h"
#include "sync/rwsem_short.h"

void rwsem_init_class(struct rwsem *s, struct lock_class *class)
{
    static struct lock_class inner_class = {
        .name = "rwsem.lock", .rank = RANK_WAIT, .file = __FILE__, .line = __LINE__};

    *s = (struct rwsem){.class = class};
    spinlock_init_class(&s->lock, &inner_class);
    list_init(&s->waiters);
}

/* The lock is not free for us. */
static int wait_for(struct rwsem *s, enum lock_mode mode, enum task_state state, vaddr_t ip, u32 *waited)
{
    struct lock_holder holder = {.pid = -1, .cpu = -1};
    u32 contend = mode == LOCK_SHARED ? CONTEND_READ : CONTEND_WRITE;
    const struct task *writer = READ_ONCE(s->writer);

    if (writer != NULL) /* readers leave no name */
        holder = (struct lock_holder){.pid = READ_ONCE(s->writer_pid), .cpu = task_running_cpu(writer)};
    task_waits_for(s, s->class->name, ip);
    struct lock_wait wait = lock_wait_begin(s, s->class, contend, holder, ip);
    int error = rwsem_wait(s, mode, state);
    *waited = lock_wait_end(&wait, s, s->class, error);
    task_waits_for(NULL, NULL, 0);
    return error;
}

/* The name that reports and spinners read. The pid is a copy: nobody may follow the pointer. */
static always_inline void note_writer(struct rwsem *s, struct task *self)
{
    if (self != NULL)
        WRITE_ONCE(s->writer_pid, (u16)self->pid);
    WRITE_ONCE(s->writer, self);
}

in_registers int rwsem_lock_slowly(struct rwsem *s, vaddr_t ip, u32 how)
{
    struct lock_waited waited = {.contended = !(how & HOW_TAKEN)};
    int error = 0;

    sleep_lock_wanted(s, s->class, how, ip);
    if (!(how & HOW_TAKEN))
        error = wait_for(s, how_mode(how), how_state(how), ip, &waited.cycles);
    assert(error == 0 || (how & HOW_KILLABLE));
    if (error)
        return error;
    sleep_lock_taken(s, s->class, how_mode(how), &s->last_cpu, waited, ip);
    if (how_mode(how) == LOCK_EXCLUSIVE)
        note_writer(s, current);
    return 0;
}

static always_inline int write_lock(struct rwsem *s, vaddr_t ip, u32 how)
{
    struct task *self = current;

    if (unlikely(!atomic_cmpxchg(&s->count, 0, RWSEM_WRITER)))
        return rwsem_lock_slowly(s, ip, how);
    if (unlikely(!sleep_lock_is_plain(self)))
        return rwsem_lock_slowly(s, ip, how | HOW_TAKEN);
    sleep_lock_note(self, s, s->class, LOCK_EXCLUSIVE, ip);
    note_writer(s, self);
    return 0;
}

/* A try has succeeded: it is noted like any other. */
static void tried(struct rwsem *s, u32 how, vaddr_t ip)
{
    struct lock_waited at_once = {.contended = false};

    sleep_lock_tried(s, s->class, how, ip);
    sleep_lock_taken(s, s->class, how_mode(how), &s->last_cpu, at_once, ip);
}

lock_implementation in_registers void rwsem_read_lock(struct rwsem *s)
{
    (void)rwsem_short_read_lock(s, current, CALLER_IP(), 0, sleep_lock_is_plain);
}

lock_implementation in_registers int rwsem_read_lock_killable(struct rwsem *s)
{
    return rwsem_short_read_lock(s, current, CALLER_IP(), HOW_KILLABLE, sleep_lock_is_plain);
}

lock_implementation bool rwsem_read_try_lock(struct rwsem *s)
{
    int seen = atomic_read(&s->count);

    while (!(seen & (RWSEM_WRITER | RWSEM_WAITERS))) {
        if (atomic_cmpxchg(&s->count, seen, seen + RWSEM_READER)) {
            tried(s, HOW_SHARED, CALLER_IP());
            return true;
        }
        seen = atomic_read(&s->count);
    }
    return false;
}

in_registers void rwsem_left_read(struct rwsem *s, int now)
{
    assert(now >= 0 && !(now & RWSEM_WRITER));
    if (now == RWSEM_WAITERS)
        rwsem_hand_over(s);
}

in_registers void rwsem_read_unlock_slowly(struct rwsem *s)
{
    sleep_lock_forget_slowly(current, s);
    rwsem_leave_read(s);
}

lock_implementation in_registers void rwsem_read_unlock(struct rwsem *s)
{
    rwsem_short_read_unlock(s, current);
}

lock_implementation in_registers void rwsem_write_lock(struct rwsem *s)
{
    (void)write_lock(s, CALLER_IP(), 0);
}

lock_implementation int rwsem_write_lock_killable(struct rwsem *s)
{
    return write_lock(s, CALLER_IP(), HOW_KILLABLE);
}

lock_implementation bool rwsem_write_try_lock(struct rwsem *s)
{
    if (atomic_read(&s->count) != 0 || !atomic_cmpxchg(&s->count, 0, RWSEM_WRITER))
        return false;
    tried(s, 0, CALLER_IP());
    note_writer(s, current);
    return true;
}

static always_inline void leave_write(struct rwsem *s)
{
    assert(READ_ONCE(s->writer) == current);
    WRITE_ONCE(s->writer, NULL);
    if (unlikely(atomic_add(&s->count, -RWSEM_WRITER) & RWSEM_WAITERS))
        rwsem_hand_over(s);
}

static noinline in_registers void write_unlock_slowly(struct rwsem *s)
{
    sleep_lock_forget_slowly(current, s);
    leave_write(s);
}

lock_implementation in_registers void rwsem_write_unlock(struct rwsem *s)
{
    if (likely(sleep_lock_forget(current, s)))
        leave_write(s);
    else
        write_unlock_slowly(s);
}

lock_implementation void rwsem_downgrade(struct rwsem *s)
{
    assert(READ_ONCE(s->writer) == current);
    held_downgrade(s);
    WRITE_ONCE(s->writer, NULL);
    if (unlikely(atomic_add(&s->count, RWSEM_READER - RWSEM_WRITER) & RWSEM_WAITERS))
        rwsem_hand_over(s); /* readers at the head of the queue may come in beside us */
}

bool rwsem_is_held_write(const struct rwsem *s)
{
    return held_sleep(s, LOCK_EXCLUSIVE);
}

bool rwsem_is_held(const struct rwsem *s)
{
    return held_sleep(s, LOCK_SHARED);
}

/* The newest of the running task's sleeping locks, as nearly always where that is asserted? */
static always_inline bool is_newest(const struct rwsem *s, enum lock_mode at_least)
{
    struct task *self = current;

    if (unlikely(self == NULL))
        return false;
    const struct held_lock *e = held_newest(&self->locks);
    return e->lock == s && (at_least == LOCK_SHARED || e->mode == LOCK_EXCLUSIVE);
}

lock_implementation in_registers void rwsem_assert_write(struct rwsem *s)
{
    assert(likely(is_newest(s, LOCK_EXCLUSIVE)) || rwsem_is_held_write(s));
}

lock_implementation in_registers void rwsem_assert_held(struct rwsem *s)
{
    assert(likely(is_newest(s, LOCK_SHARED)) || rwsem_is_held(s));
}
