/* The pieces of an ending machine: diag/panic.c decides, diag/panic_cpus.c gathers the CPUs, diag/dump.c
 * prints. */
#pragma once
#include "lib/compiler.h"

struct trap_frame;

/* Prints this CPU's registers (frame may be NULL), its backtrace, and what the sections say of it. */
void dump_this_cpu(const struct trap_frame *frame, vaddr_t ip, vaddr_t fp);
/* What the sections above say of one CPU and of the whole; each at most once per call. */
void dump_cpu_sections(u32 cpu);
void dump_sections(void);

/* The panicking CPU: stops the others one after the other, each printing its own state; reports who does not
 * answer. */
void panic_stop_others(void);
/* Another CPU that learned of the panic: waits for its turn, prints itself, never returns. */
noreturn void panic_stopped(const struct trap_frame *frame);
/* The CPU that panics, plus one; 0 while all is well. */
extern u32 panic_owner;
