/* Mistakes that the kernel must catch: made on purpose, by a test, and survived. */
#pragma once
#include "tests/test.h"

/*
 * Calls provoke(arg), which must end in a panic whose sentence contains `words`; records a failure when it
 * returns. The panic is taken back: the call is left as by longjmp, with interrupts and preemption as they
 * were here. So what provoke does must panic while it holds no lock; what it has already changed is the
 * caller's to undo.
 */
void test_expect_panic(const char *words, void (*provoke)(void *arg), void *arg);
