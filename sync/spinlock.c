/*
 * The spinlock as everybody calls it: one compare-exchange and one note when nobody waits and nobody
 * measures. Waiting is sync/spin_queue.c's.
 */
#include "sync/spinlock.h"
#include "sync/held_internal.h"
#include "sync/lock_watch.h"
#include "sync/spin_queue.h"

/* Recursion and ranks, against the CPU's spinlocks and the sleeping locks under them. */
static void check_held(const struct spinlock *lock, bool nested, vaddr_t ip)
{
    assert(lock->class != NULL); /* a lock that nobody initialised */
    held_check(cpu_local_spins(), lock, lock->class, nested, ip);
    if (!in_interrupt() && held_sleeping)
        held_check(held_sleeping(), lock, lock->class, false, ip);
}

/* Noted, as one that is watched. `me` was written by the former holder, if it was watched too. */
static void note_watched(struct spinlock *lock, vaddr_t ip, bool contended, u32 waited)
{
    struct held_lock *e = held_note(cpu_local_spins(), lock, lock->class, LOCK_EXCLUSIVE, ip);
    u16 me = (u16)(cpu_id() + 1);

    e->level = (u8)interrupt_level();
    if (lock_watched())
        lock_watch_acquired(e, waited, contended, lock->last_cpu != me);
    WRITE_ONCE(lock->last_cpu, me);
}

/* The lock is another CPU's. A handler that spins in the middle of this covers the outer wait for a moment.
 */
static u32 wait_for(struct spinlock *lock, vaddr_t ip)
{
    struct spin_want *mine = &this_cpu(spins_for), outer = *mine;
    struct lock_holder holder = {.pid = -1, .cpu = held_spin_holder(lock)};

    *mine = (struct spin_want){.lock = lock, .name = lock->class->name, .ip = ip};
    struct lock_wait wait = lock_wait_begin(lock, lock->class, CONTEND_SPIN, holder, ip);
    spin_queue(lock);
    u32 waited = lock_wait_end(&wait, lock, lock->class, 0);
    *mine = outer;
    return waited;
}

#define TAKEN  1u
#define NESTED 2u

/* The acquisition when the first attempt failed or somebody measures. */
static noinline in_registers void acquire_slowly(struct spinlock *lock, vaddr_t ip, u32 how)
{
    u32 waited = 0;

    check_held(lock, how & NESTED, ip);
    if (lock_watched())
        lock_watch_acquire(lock, lock->class, how & NESTED ? ACQUIRE_NESTED : 0, ip);
    if (!(how & TAKEN))
        waited = wait_for(lock, ip);
    note_watched(lock, ip, !(how & TAKEN), waited);
}

/* Whoever called the lock's function, asked as late as can be: it would take a register from here on. */
static always_inline void note(struct spinlock *lock)
{
    struct held_lock *e = held_push(cpu_local_spins());

    held_fill(e, lock->class, LOCK_EXCLUSIVE, CALLER_IP());
    held_publish(e, lock);
}

/* Preemption is off. The slow way is the last thing in its callers, so that the fast one keeps no registers
 * for it. */
static always_inline void acquire(struct spinlock *lock, u32 nested)
{
    if (unlikely(!spin_cmpxchg(lock, 0, SPIN_LOCKED)))
        acquire_slowly(lock, CALLER_IP(), nested);
    else if (lock_watched())
        acquire_slowly(lock, CALLER_IP(), nested | TAKEN);
    else
        note(lock);
}

/* True when nothing more is to be noted of the release. */
static always_inline bool forget(const struct spinlock *lock)
{
    struct held_locks *held = cpu_local_spins();

    if (lock_watched() || unlikely(held_newest(held)->lock != lock))
        return false;
    held_forget_newest(held);
    return true;
}

/* It is watched, or not the newest lock. */
static noinline in_registers void forget_slowly(const struct spinlock *lock)
{
    struct held_lock removed = held_remove(cpu_local_spins(), lock);

    if (lock_watched())
        lock_watch_release(&removed);
}

/* After the store the lock may be another CPU's, or its memory another object's: nothing touches it again. */
static always_inline void let_go(struct spinlock *lock)
{
    store_release(spin_locked_byte(lock), 0);
    preempt_enable();
}

static noinline in_registers void unlock_slowly(struct spinlock *lock)
{
    forget_slowly(lock);
    let_go(lock);
}

void spinlock_init_class(struct spinlock *lock, struct lock_class *class)
{
    *lock = (struct spinlock)SPINLOCK_INIT(class);
}

lock_implementation in_registers void spin_lock(struct spinlock *lock)
{
    preempt_disable();
    acquire(lock, 0);
}

lock_implementation void spin_lock_nested(struct spinlock *lock)
{
    preempt_disable();
    acquire(lock, NESTED);
}

lock_implementation in_registers void spin_unlock(struct spinlock *lock)
{
    if (likely(forget(lock)))
        let_go(lock);
    else
        unlock_slowly(lock);
}

lock_implementation bool spin_try_lock(struct spinlock *lock)
{
    preempt_disable();
    if (READ_ONCE(lock->word) != 0 || !spin_cmpxchg(lock, 0, SPIN_LOCKED)) {
        preempt_enable();
        return false;
    }
    if (lock_watched())
        lock_watch_acquire(lock, lock->class, ACQUIRE_TRY, CALLER_IP());
    note_watched(lock, CALLER_IP(), false, 0);
    return true;
}

lock_implementation in_registers irqflags_t spin_lock_irq_save(struct spinlock *lock)
{
    irqflags_t flags = irq_save();

    preempt_disable();
    acquire(lock, 0);
    return flags;
}

/* Interrupts come on before preemption does: preempt_enable() then sees that it may switch, if it was asked
 * to. */
lock_implementation in_registers void spin_unlock_irq_restore(struct spinlock *lock, irqflags_t flags)
{
    if (unlikely(!forget(lock)))
        forget_slowly(lock);
    store_release(spin_locked_byte(lock), 0);
    irq_restore(flags);
    preempt_enable();
}

bool spin_is_held(const struct spinlock *lock)
{
    return held_spin(lock);
}

in_registers void assert_spin_held(const struct spinlock *lock)
{
    assert(held_spin(lock));
}
