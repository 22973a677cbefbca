/*
 * Run a function on other CPUs: the ground under shootdowns. The function runs with interrupts off on the
 * target, from its IPI or from whatever spin it is in; it must be short and take only RANK_LEAF locks.
 */
#pragma once
#include "arch/cpumask.h"

/* Runs fn(arg) on each CPU of `mask` except this one and returns when all have run it. Enter with no spinlock
 * held (asserted, R41) and interrupts on or in a place that polls; preemption is disabled inside. While it
 * waits it answers others' calls (R42). */
void crosscall(const struct cpumask *mask, void (*fn)(void *arg), void *arg);
