/*
 * Must-fail tests of the lock checks: make one mistake on purpose, and look at what was said of it.
 *
 *   if (!mistakes_are_watched())
 *       return;
 *   held_expect_begin();
 *   ... the mistake ...
 *   check_reported(LOCK_FAULT_CIRCLE, "first lock", "second lock");
 */
#pragma once
#include "lib/string.h"
#include "sync/lockdep.h"
#include "tests/test.h"

/* False where lockdep=off leaves nothing to test. */
static inline bool mistakes_are_watched(void)
{
    if (lockdep_mode == LOCKDEP_OFF)
        test_note("lockdep=off: nothing to see");
    return lockdep_mode != LOCKDEP_OFF;
}

/* How many places in the code a report of each kind names at least, as function+offset (file:line): of both
 * chains. */
static inline u32 places_of_kind(enum lock_fault kind)
{
    static const u32 places[LOCK_FAULT_KINDS] = {
        [LOCK_FAULT_RANK] = 2,       [LOCK_FAULT_RECURSION] = 2,   [LOCK_FAULT_CIRCLE] = 2,
        [LOCK_FAULT_IRQ] = 2,        [LOCK_FAULT_IRQ_CHAIN] = 4,   [LOCK_FAULT_SLEEP] = 2,
        [LOCK_FAULT_FREED] = 2,      [LOCK_FAULT_USER_RETURN] = 1, [LOCK_FAULT_CROSSCALL] = 2,
        [LOCK_FAULT_USER_ACCESS] = 2};

    return places[kind];
}

static inline u32 places_in_report(void)
{
    u32 n = 0;

    for (const char *at = lock_report_last(); (at = strstr(at, "+0x")) != NULL; at++)
        n++;
    return n;
}

/* Ends the expectation: there was exactly one report, of this kind; it names both, and places in the code for
 * each link (in the explorer, addresses). */
static inline void check_reported(enum lock_fault kind, const char *one, const char *other)
{
#ifndef FL_HOST
    check(places_in_report() >= places_of_kind(kind));
    check(strstr(lock_report_last(), "(tests/smp/") != NULL);
#endif
    check_eq(held_expect_end(), 1);
    check_eq(lock_report_last_kind(), kind);
    if (!strstr(lock_report_last(), one) || !strstr(lock_report_last(), other))
        test_fail(__FILE__, __LINE__, "the report does not name %s and %s", one, other);
}

/* Ends it: there was none. */
static inline void check_not_reported(void)
{
    check_eq(held_expect_end(), 0);
}
