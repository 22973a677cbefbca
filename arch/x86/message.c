/*
 * Message interrupts: SDM vol. 3A, 11.11 (message address and data register formats). Each number is a
 * vector of its own on all CPUs.
 *
 * A handler may run on one CPU while another gives the number up. So each entry counts who is inside:
 *
 *     CPU 0  a message                     CPU 1  message_interrupt_give()
 *     inside + 1      (full barrier)       handler := none
 *     looks for the handler                barrier
 *     ... runs it ...                      waits until inside = 0
 *     inside - 1
 *
 * Either CPU 0 finds no handler, or CPU 1 finds it inside.
 */
#include "arch/message.h"
#include "arch/x86/cpu_block.h"
#include "arch/x86/irq.h"
#include "arch/x86/vectors.h"
#include "diag/assert.h"
#include "diag/trace.h"
#include "lib/errno.h"
#include "sync/spinlock.h"

/* Bits 12-19: the goal's APIC id; physical destination, no redirection. */
#define MESSAGE_ADDRESS 0xFEE00000u
#define MESSAGES        (VECTOR_MESSAGE_END - VECTOR_MESSAGE)

static struct message {
    void (*handler)(void *); /* published last, taken away first */
    void *arg;
    const char *name;
    atomic_t inside; /* CPUs that look at this entry, or run its handler */
    bool taken;      /* under message_interrupt_lock */
} messages[MESSAGES];
DEFINE_SPINLOCK(message_interrupt_lock, LEAF);

int message_interrupt_take(const char *name, void (*handler)(void *), void *arg)
{
    struct message *found = NULL;

    irqflags_t flags = spin_lock_irq_save(&message_interrupt_lock);
    for (struct message *m = messages; m < messages + MESSAGES && !found; m++)
        found = m->taken ? NULL : m;
    if (found)
        found->taken = true;
    spin_unlock_irq_restore(&message_interrupt_lock, flags);
    if (!found)
        return -ENOSPC;
    found->name = name;
    found->arg = arg;
    store_release(&found->handler, handler);
    return (int)(found - messages);
}

struct interrupt_message message_interrupt_to(u32 number, u32 cpu)
{
    assert(number < MESSAGES && cpu < cpu_count());
    return (struct interrupt_message){MESSAGE_ADDRESS | (cpu_blocks[cpu]->apic_id << 12),
                                      VECTOR_MESSAGE + number}; /* edge-triggered, fixed delivery */
}

void message_interrupt_give(u32 number)
{
    struct message *m = &messages[number];

    assert(number < MESSAGES && m->taken && irq_enabled());
    WRITE_ONCE(m->handler, NULL);
    memory_barrier();
    while (atomic_read_acquire(&m->inside) != 0)
        spin_relax();
    irqflags_t flags = spin_lock_irq_save(&message_interrupt_lock);
    m->taken = false;
    spin_unlock_irq_restore(&message_interrupt_lock, flags);
}

const char *message_name(u32 vector)
{
    const struct message *m = &messages[vector - VECTOR_MESSAGE];
    return load_acquire(&m->handler) ? m->name : NULL;
}

bool message_dispatch(u32 vector)
{
    if (vector < VECTOR_MESSAGE || vector >= VECTOR_MESSAGE_END)
        return false;
    struct message *m = &messages[vector - VECTOR_MESSAGE];
    atomic_inc(&m->inside);
    void (*handler)(void *) = load_acquire(&m->handler);
    if (handler) {
        trace_point(irq_handler_entry, vector, m->name);
        handler(m->arg);
        trace_point(irq_handler_exit, vector, true);
    }
    atomic_dec(&m->inside);
    return true;
}
