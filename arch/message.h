/*
 * Interrupts that a device sends as a message: a store of `data` to `address`, which goes to a processor and
 * to no memory. They need no wire, so nobody has to know how the board is wired; each has one source; and any
 * CPU may be their goal.
 */
#pragma once
#include "lib/compiler.h"

struct interrupt_message {
    paddr_t address;
    u32 data;
};

/* From now on handler(arg) runs for each message of the number that is returned: in interrupt context, on the
 * CPU that the message names. -ENOSPC when all numbers are taken. `name` is for traces, and must stay. Task
 * context; sleeps not. */
must_check int message_interrupt_take(const char *name, void (*handler)(void *arg), void *arg);
/* What the device is to send so that `cpu` is interrupted. Any context. */
struct interrupt_message message_interrupt_to(u32 number, u32 cpu);
/* The device sends no more. When this returns the handler runs nowhere, and a message that was still on its
 * way finds nobody. Waits for other CPUs: no spinlock held, interrupts on, not from the handler. */
void message_interrupt_give(u32 number);
