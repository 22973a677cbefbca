/*
 * What is held now, and the checks made on it: spinlocks by CPU, sleeping locks by task (struct task embeds
 * one). The order that is learned at run time is sync/lockdep.h's.
 *
 * A note costs the lock's hot path five stores and is kept in every image, whoever measures or checks: it is
 * what a panic, a hang and a wait chain say of the machine.
 */
#pragma once
#include "arch/cpu.h"
#include "sync/lock_class.h"
#include "sync/lock_report.h"

#define HELD_MAX 16u
/* A return address as %pS's argument: the line of the call, not the one after it. */
#define CALL_AT(ip) ((void *)(uintptr_t)((ip)-1))
enum lock_mode { LOCK_EXCLUSIVE, LOCK_SHARED };
struct held_lock {
    const void *lock; /* NULL: nothing is noted here, or is being noted */
    struct lock_class *class;
    vaddr_t ip;
    u16 mode;   /* enum lock_mode */
    u8 level;   /* interrupt nesting at acquisition if that was watched, else 0: a handler's locks are not
                   ordered after those it interrupted */
    bool timed; /* somebody measures: */
    u32 since;  /* low word of the TSC at acquisition, for hold times */
};
/* e[0] is never used, so that there always is a newest entry to compare with. A dump may look at any moment
 * and from any CPU: an entry whose `lock` is set is whole. */
struct held_locks {
    u32 newest; /* where in e the newest one lies, in bytes: 0 when none is held */
    struct held_lock e[HELD_MAX + 1];
};
#define HELD_STEP ((u32)sizeof(struct held_lock))
extern PERCPU(struct held_locks, spins_held);

static inline u32 held_count(const struct held_locks *held)
{
    return READ_ONCE(held->newest) / HELD_STEP;
}
static always_inline struct held_lock *held_newest(struct held_locks *held)
{
    return (struct held_lock *)((char *)held->e + held->newest);
}

/* Each complete entry, oldest first. */
#define held_for_each(entry, held)                                                                           \
    for (const struct held_lock *entry = (held)->e + 1, *end_ = (held)->e + MIN(held_count(held), HELD_MAX); \
         entry <= end_; entry++)                                                                             \
        if (READ_ONCE(entry->lock) != NULL)

/* How many spinlocks this CPU holds. Preemption off, or 0 is the only answer that means anything. */
static inline u32 spins_held_count(void)
{
    return held_count(&this_cpu(spins_held));
}

/* Where the running task's sleeping locks are noted: sched/ sets this hook; NULL before there are tasks. */
extern struct held_locks *(*held_sleeping)(void);
/* That list, or NULL while boot runs alone. */
static inline struct held_locks *held_sleeping_here(void)
{
    return held_sleeping ? held_sleeping() : NULL;
}

/* The running task's exclusive hold of a sleeping lock became a shared one. */
void held_downgrade(const void *lock);
/* Forgets a sleeping lock of the running task, which must be held; for tests of what is forgotten. */
void held_forget(const void *lock);
/* What a CPU spins for, for wait chains and dumps; lock NULL: nothing. Its own CPU writes it, when it waits.
 */
struct spin_want {
    const void *lock;
    const char *name;
    vaddr_t ip;
};
extern PERCPU(struct spin_want, spins_for);

bool held_spin(const void *lock);       /* by this CPU */
s32 held_spin_holder(const void *lock); /* the CPU that holds it at this moment, -1 when none is seen */
bool held_sleep(const void *lock, enum lock_mode at_least); /* by this task */
/* True from the moment at which sleeping means switching: boot code before that runs where nobody else does.
 */
extern bool held_scheduling;
/* Says on the console what is held there. Any context. */
void held_print(const struct held_locks *held);
/* Adds the spinlocks held to every dump; once, at init. */
void held_dump_init(void);

/* Asserts that this CPU, which is about to wait for others, holds no spinlock (R41). Preemption off. */
cold void held_waits_with_spins(vaddr_t ip);
static inline void held_check_none_spins(vaddr_t ip)
{
    if (unlikely(spins_held_count() != 0))
        held_waits_with_spins(ip);
}

/* The assert at the top of everything that may block: not atomic, no spinlock held. `ip`: its caller. */
cold void slept_in_atomic(const char *file, int line, vaddr_t ip);
static inline bool sleeps_in_atomic(void)
{
    return in_atomic() && held_scheduling;
}
#define might_sleep()                                                                                        \
    do {                                                                                                     \
        if (unlikely(sleeps_in_atomic()))                                                                    \
            slept_in_atomic(__FILE__, __LINE__, CALLER_IP());                                                \
    } while (0)
