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

/* Ends the expectation: there was exactly one report, of this kind, and it names both. */
static inline void check_reported(enum lock_fault kind, const char *one, const char *other)
{
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
