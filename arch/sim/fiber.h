/*
 * Fibers: host stacks that the machine switches between. One host thread runs them all, so nothing here is
 * concurrent; AddressSanitizer is told of every switch, or it would take another fiber's frames for
 * overflows.
 */
#pragma once
#include "lib/compiler.h"

struct sim_fiber {
    u32 esp;     /* saved stack pointer while it does not run; the assembly knows offset 0 */
    char *stack; /* lowest usable byte; a guard page lies below; NULL: the host's own stack */
    size_t size;
    void *fake_stack; /* AddressSanitizer's, while it does not run */
    void (*entry)(void *);
    void *arg;
    bool retired; /* its task is dead: recycled at the switch away from it */
    bool idle;    /* on the list of those to be used again: nothing on its stack is worth keeping */
    struct sim_fiber *next_free;
};

/* The fiber that runs now. The host's own stack is one, too: where the explorer drives from. */
extern struct sim_fiber *fiber_now;

/* A fiber that will call entry(arg) at its first switch; entry must not return. Recycles stacks. */
struct sim_fiber *fiber_create(void (*entry)(void *), void *arg);
/* Gives the stack back; of the running fiber: at the switch away from it. */
void fiber_retire(struct sim_fiber *fiber);
/* All that live, one after the other: NULL begins, NULL ends. The host's own is none of them. */
struct sim_fiber *fiber_next(struct sim_fiber *after);
/* Becomes `to`; returns when something switches back. */
void fiber_switch(struct sim_fiber *to);
