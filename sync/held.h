/*
 * What is held now, and the checks made on it: spinlocks by CPU, sleeping locks by task (struct task embeds
 * one). The order that is learned at run time is sync/lockdep.h's.
 */
#pragma once
#include "arch/cpu.h"
#include "sync/lock_class.h"
#include "sync/lock_report.h"

#define HELD_MAX 16
/* A return address as %pS's argument: the line of the call, not the one after it. */
#define CALL_AT(ip) ((void *)(uintptr_t)((ip)-1))
enum lock_mode { LOCK_EXCLUSIVE, LOCK_SHARED };
struct held_lock {
    const void *lock;
    struct lock_class *class;
    vaddr_t ip;
    u16 mode;  /* enum lock_mode */
    u16 level; /* interrupt nesting at acquisition: a handler's locks are not ordered after those it
                  interrupted */
    u32 since; /* low word of the TSC at acquisition, for hold times; 0 when nobody measures */
};
/* Entries at and above n have class NULL: an interrupt between "n grew" and "the entry is filled" finds that.
 */
struct held_locks {
    u32 n;
    struct held_lock e[HELD_MAX];
};
extern PERCPU(struct held_locks, spins_held);

/* Where the running task's sleeping locks are noted: sched/ sets this hook; NULL before there are tasks. */
extern struct held_locks *(*held_sleeping)(void);

/* Rank, recursion and, when it is on, lockdep's check, before the wait; asserts that no held lock forbids it.
 * `try` skips the order check. For locks that are neither spinlock nor built on sync/sleep_lock.h. */
void held_check(const void *lock, struct lock_class *class, bool sleeps, bool try, bool nested, vaddr_t ip);
void held_add(const void *lock, struct lock_class *class, bool sleeps, enum lock_mode mode, vaddr_t ip);
/* Asserts that it is held. Returns the entry removed, for the hold time. */
struct held_lock held_remove(const void *lock, bool sleeps);
/* The running task's exclusive hold of a sleeping lock became a shared one. */
void held_downgrade(const void *lock);
bool held_spin(const void *lock);                           /* by this CPU */
bool held_sleep(const void *lock, enum lock_mode at_least); /* by this task */
/* True from the moment at which sleeping means switching: boot code before that runs where nobody else does.
 */
extern bool held_scheduling;
/* Asserts that this CPU, which is about to wait for others, holds no spinlock (R41). Preemption off. */
static inline void held_check_none_spins(vaddr_t ip);
/* Says on the console what this CPU and, when there are tasks, the running task hold. Any context. */
void held_print(const struct held_locks *held);
void held_print_here(void);
/* Adds the spinlocks held to every dump; once, at init. */
void held_dump_init(void);

cold void held_waits_with_spins(vaddr_t ip);
static inline void held_check_none_spins(vaddr_t ip)
{
    if (unlikely(cpu_local()->spin_depth != 0))
        held_waits_with_spins(ip);
}

/* The assert at the top of everything that may block: not atomic, no spinlock held. */
void might_sleep_at(const char *file, int line);
#define might_sleep() might_sleep_at(__FILE__, __LINE__)
