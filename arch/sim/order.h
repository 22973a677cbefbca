/*
 * Who has seen what: the happens-before order of a run, and the clock that follows from it.
 *
 * A CPU's past is a hash over all that it did, and, for each marked access, over the past of those whose
 * value it could see there. So two runs in which all CPUs have the same pasts have come to the same state by
 * the same steps in another order: nothing that follows can tell them apart (Musuvathi and Qadeer, PLDI
 * 2007). That is the explorer's partial-order reduction; search.c uses it. Which write each read saw, and the
 * order of the writes, is all that it takes: who had read a word before it was written follows.
 *
 * A CPU's clock is Lamport's (CACM 1978): its own steps, and never behind the writer of what it read. So time
 * is part of the order: runs that differ only in the order of independent steps read the same clocks.
 *
 * Plain accesses are not looked at; they have to be ordered by marked ones (make explore-races finds those
 * that are not).
 */
#pragma once
#include "arch/sim/run.h"

struct sim_order {
    u64 past[SIM_CPUS_MAX];
    u64 time_ns[SIM_CPUS_MAX];
    /* A turn of a spin that read what the turn before had read changes nothing and is forgotten. */
    struct sim_turn {
        u64 now, last; /* what was read in this turn, and in the last one */
        u64 before;    /* what was kept when the last one ended */
    } past_turn[SIM_CPUS_MAX], time_turn[SIM_CPUS_MAX];
};
extern struct sim_order sim_order;

/* A choice point takes this long. */
#define STEP_NS 2000u
static inline u64 *order_clock(u32 cpu)
{
    return &sim_order.time_ns[cpu];
}

/* The running CPU reads or writes a shared word, at a choice point. */
void order_read(const volatile void *addr);
void order_write(const volatile void *addr);
/* The same where the compiler told us (READ_ONCE, WRITE_ONCE): no choice point, and nothing for the clock,
 * which has to be the same in the sanitized program and while a trace is written. */
void order_saw(const volatile void *addr);
void order_told(const volatile void *addr);
/* It does something that no other CPU sees. */
void order_local(u32 what);
/* Time goes on to `then`, since nobody can run or the schedule says so: a leap that the CPU's own steps do
 * not tell of. */
void order_leap(u32 cpu, u64 then);
/* One turn of a spin is over. True: it saw what the turn before it saw, so it is forgotten. */
bool order_spin(void);
/* The undo log counts its epochs from the beginning again: which one a word was logged in says nothing. */
void order_forget_epochs(void);
/* The state of the machine, as far as its past says: equal for runs that differ in the order of independent
 * steps. */
u64 order_state(u32 cpus);
