/* The end: registers, backtrace with symbols, every CPU's state, the locks held, then machine_exit(1). */
#pragma once
#include "lib/compiler.h"

/* The machine failed us or the boot cannot go on. One sentence naming the cause. Any context. */
noreturn cold void panic(const char *fmt, ...) printf_like(1, 2);
/* A sentence and a failing status, without a dump: bad input at boot (a wrong word, no memory, no initramfs). */
noreturn cold void boot_refuse(const char *fmt, ...) printf_like(1, 2);
/* Prints this CPU's backtrace from frame pointer `fp`. */
void backtrace_print(vaddr_t ip, vaddr_t fp);
/* Everything a person needs to see of a hang: CPUs, tasks, held locks, wait chains. Any context, NMI included. */
void dump_everything(void);
/* Layers above add their own lines to the dump (tasks, memory) by registering a function, once, at init. */
struct dump_section {
    const char *title;
    void (*print)(void);
    struct dump_section *next;
};
void dump_register(struct dump_section *section);
