/*
 * What is held now, and the checks made on it: spinlocks by CPU, sleeping locks by task (struct task embeds
 * one). The order graph of the lockdep to come grows here.
 */
#pragma once
#include "arch/cpu.h"
#include "sync/lock_class.h"

#define HELD_MAX 16
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

/* Rank and recursion check, before the wait; asserts that no held lock forbids it. `try` skips the order
 * check. */
void held_check(const void *lock, struct lock_class *class, bool sleeps, bool try, bool nested);
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
/* Says on the console what this CPU and, when there are tasks, the running task hold. Any context. */
void held_print(const struct held_locks *held);
void held_print_here(void);
/* Adds the spinlocks held to every dump; once, at init. */
void held_dump_init(void);

#ifdef FL_TEST
/* A test that breaks a rule on purpose: between these two calls the running task's violations are counted
 * instead of stopping the machine. One task at a time. The end returns how many there were. */
void held_expect_begin(void);
u32 held_expect_end(void);
#endif

/* The assert at the top of everything that may block: not atomic, no spinlock held. */
void might_sleep_at(const char *file, int line);
#define might_sleep() might_sleep_at(__FILE__, __LINE__)
