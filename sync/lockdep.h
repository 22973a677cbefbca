/*
 * lockdep: the order of locks as it is learned from what the kernel does, and the reports that a deadlock is
 * possible before it happens.
 *
 * The ranks (sync/lock_order.h) say which order is right; they are checked always, at the cost of one
 * comparison. lockdep finds what ranks cannot say: the order among locks of one rank and among those without
 * one, interrupt handlers against everybody else, and waits that are no locks (a completion, the answer of
 * another CPU). It runs behind the same branch as statistics and traces (sync/lock_watch.h), so that it costs
 * nothing when it is off. The theory is at the top of sync/lockdep.c.
 */
#pragma once
#include "arch/cpu.h"
#include "sync/lock_class.h"
#include "sync/lock_report.h"

enum { LOCKDEP_OFF, LOCKDEP_ON, LOCKDEP_WARN };
extern unsigned lockdep_mode; /* boot word lockdep=off|on|warn; `on` is the test image's default */

/* ---- what lock_watch.c and the sleeping locks tell it, when it is on; any context ---- */
/* `lock` is wanted (flags: ACQUIRE_*, sync/lock_watch.h), before the wait for it: edges from all that is
 * held. */
void lockdep_acquire(const void *lock, struct lock_class *class, u32 flags, vaddr_t ip);
/* A wait that is no lock, for something that `class` names: edges from all that is held. */
void lockdep_wait(struct lock_class *class, vaddr_t ip);
/* That something happens now, and needed all that is held here to happen: edges to it. */
void lockdep_happens(struct lock_class *class, vaddr_t ip);

/* ---- checks; each does nothing when lockdep is off ---- */
/* The bytes are about to be somebody else's: no lock in them is held by this task or this CPU. */
void lockdep_check_freed(const void *start, size_t bytes);
/* The running task is about to enter user mode: it holds nothing. */
void lockdep_check_user_return(void);

/* /proc/lockdep: classes with what was seen of them, edges, counts, the last report. */
void lockdep_report(void (*line)(void *ctx, const char *text), void *ctx);
