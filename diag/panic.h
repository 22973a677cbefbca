/* The end: registers, backtrace with symbols, every CPU's state, the locks held, then machine_exit(1). */
#pragma once
#include "lib/compiler.h"

/* The machine failed us or the boot cannot go on. One sentence naming the cause. Any context. */
noreturn cold void panic(const char *fmt, ...) printf_like(1, 2);
#ifdef FL_TEST
/* A test that provokes a panic on purpose (tests/expect_panic.h) takes it back here, before anything is
 * stopped, and does not return then. NULL, or a return: the machine ends as always. */
extern void (*panic_expected)(const char *sentence);
#endif
/* A sentence and a failing status, without a dump: bad input at boot (a wrong word, no memory, no initramfs).
 */
noreturn cold void boot_refuse(const char *fmt, ...) printf_like(1, 2);
/* Prints this CPU's backtrace from frame pointer `fp`. */
void backtrace_print(vaddr_t ip, vaddr_t fp);
/* Everything a person needs to see of a hang: CPUs, tasks, held locks, wait chains. Any context, NMI
 * included. */
void dump_everything(void);
/* Layers above add their own lines to the dump (tasks, memory) by registering functions, once, at init.
 * Either may be NULL: `print` shows the whole under the title, `print_cpu` adds lines to one CPU's paragraph
 * (its task, the spinlocks it holds). Both run in any context, may find anything broken, and take no lock. */
struct dump_section {
    const char *title;
    void (*print)(void);
    struct dump_section *next;
    void (*print_cpu)(u32 cpu);
};
void dump_register(struct dump_section *section);
/* What an oops says of its address (range and owner, row S17); mm sets it. Any context, takes no lock. */
extern void (*oops_describe_address)(vaddr_t addr);
