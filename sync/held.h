/*
 * What is held now, and the checks made on it: spinlocks by CPU, sleeping locks by task (struct task embeds one).
 * The order graph of the lockdep to come grows here.
 */
#pragma once
#include "sync/lock_class.h"

#define HELD_MAX 16
enum lock_mode { LOCK_EXCLUSIVE, LOCK_SHARED };
struct held_lock {
    const void *lock;
    struct lock_class *class;
    vaddr_t ip;
    enum lock_mode mode;
    u32 since; /* low word of the TSC at acquisition, for hold times */
};
struct held_locks {
    u32 n;
    struct held_lock e[HELD_MAX];
};
extern PERCPU(struct held_locks, spins_held);

/* Where the running task's sleeping locks are noted: sched/ sets this hook; NULL before there are tasks. */
extern struct held_locks *(*held_sleeping)(void);

/* Rank and recursion check, before the wait; asserts that no held lock forbids it. `try` skips the order check. */
void held_check(const void *lock, struct lock_class *class, bool sleeps, bool try, bool nested);
void held_add(const void *lock, struct lock_class *class, bool sleeps, enum lock_mode mode, vaddr_t ip);
/* Returns the entry removed, for the hold time. */
struct held_lock held_remove(const void *lock, bool sleeps);
bool held_spin(const void *lock);                          /* by this CPU */
bool held_sleep(const void *lock, enum lock_mode at_least); /* by this task */
/* The assert at the top of everything that may block: not atomic, no spinlock held. */
void might_sleep_at(const char *file, int line);
#define might_sleep() might_sleep_at(__FILE__, __LINE__)
