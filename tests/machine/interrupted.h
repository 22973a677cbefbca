/*
 * What an interrupt interrupts (S02): eight programs, each in an address space of its own, that keep CPUs
 * busy with their own memory.
 */
#pragma once
#include "tests/scenario.h"

#define INTERRUPTED 8u

struct interrupted_program {
    struct interrupted *all;
    struct mm *mm;
    vaddr_t page;
};
struct interrupted {
    struct interrupted_program programs[INTERRUPTED];
    atomic_t running; /* have begun */
    u32 stop;
};

/* Starts them on the CPUs from `first_cpu` on. Sleeps. */
void interrupted_start(struct interrupted *all, struct scene *s, u32 first_cpu);
/* Returns when all of them run. */
void interrupted_await(const struct interrupted *all);
/* Which one's address space this CPU has loaded, or INTERRUPTED: none of theirs. Preemption off. */
u32 interrupted_here(const struct interrupted *all);
/* Ends them, and joins all actors of the scene. Sleeps. */
void interrupted_end(struct interrupted *all, struct scene *s);
