/*
 * Fair spinlock: waiters queue, each spins on its own cache line (MCS order in one word + per-CPU nodes).
 * Holding one: preemption is off, sleeping, user access and waiting for another CPU are forbidden (asserted).
 * Every spin polls cross-calls, so a CPU that waits with interrupts off still answers shootdowns (R41, R42).
 */
#pragma once
#include "lib/contract.h"
#include "sync/held.h"

struct lock_type("spinlock") spinlock
{
    u32 word;     /* 0 free; else see sync/spinlock.c */
    u16 last_cpu; /* id + 1 of the CPU that had it last while somebody measured: for statistics and traces */
    struct lock_class *class;
};

#define SPINLOCK_INIT(lockclass)                                                                             \
    {                                                                                                        \
        .word = 0, .last_cpu = 0, .class = (lockclass)                                                       \
    }
/* File-scope lock with its own class. */
#define DEFINE_SPINLOCK(ident, lockrank)                                                                     \
    static struct lock_class ident##_class = {                                                               \
        .name = #ident, .rank = RANK_##lockrank, .file = __FILE__, .line = __LINE__};                        \
    struct spinlock ident = SPINLOCK_INIT(&ident##_class)

void spinlock_init_class(struct spinlock *lock, struct lock_class *class);
#define spinlock_init(lock, lockname, lockrank) spinlock_init_class(lock, LOCK_CLASS(lockname, lockrank))

/* Preemption is off from the call to the unlock. While one is held: no sleep, no user memory, no wait for
 * another CPU. What interrupt handlers take is taken by everybody with the _irq calls. */
in_registers void spin_lock(struct spinlock *lock) acquires(lock);
in_registers void spin_unlock(struct spinlock *lock) releases(lock);
bool spin_try_lock(struct spinlock *lock) try_acquires(true, lock); /* never spins */
/* A second lock of the same rank, in the order that the caller documents. */
void spin_lock_nested(struct spinlock *lock) acquires(lock);
/* For locks also taken in interrupt handlers: interrupts off while held. */
in_registers irqflags_t spin_lock_irq_save(struct spinlock *lock) acquires(lock);
in_registers void spin_unlock_irq_restore(struct spinlock *lock, irqflags_t flags) releases(lock);
/* The body of every busy wait in the kernel: answers other CPUs' calls, then pauses. Any context but NMI. */
void spin_relax(void);
bool spin_is_held(const struct spinlock *lock); /* by this CPU */
static inline void spin_assert_held(struct spinlock *lock) asserts_held(lock);
in_registers void assert_spin_held(const struct spinlock *lock);
/* The newest one, as nearly always? A caller that holds nothing may be moved between the two looks, and then
 * compares with another CPU's newest lock, which is not `lock` unless that CPU holds it. */
static inline lock_implementation void spin_assert_held(struct spinlock *lock)
{
    if (unlikely(held_newest(cpu_local_spins())->lock != lock))
        assert_spin_held(lock);
}
