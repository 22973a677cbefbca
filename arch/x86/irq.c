/* Interrupts: from the vector to whoever answers for it. */
#include "arch/x86/irq.h"
#include "arch/clock.h"
#include "arch/cpu.h"
#include "arch/trap.h"
#include "arch/x86/init.h"
#include "arch/x86/ioapic.h"
#include "arch/x86/lapic.h"
#include "arch/x86/trap_entry.h"
#include "arch/x86/vectors.h"
#include "diag/assert.h"
#include "diag/counters.h"
#include "diag/printk.h"
#include "diag/trace.h"

#define SOURCES (VECTOR_MESSAGE_END - VECTOR_DEVICE) /* lines, then messages */
struct taken {
    u32 of[SOURCES];
};
static PERCPU(struct taken, taken); /* how many interrupts of each source */

/* Written once, before the line is unmasked. */
static struct {
    void (*handler)(void);
    const char *name;
} lines[IRQ_LINES];

void irq_route(u32 line, const char *name, void (*handler)(void))
{
    u32 input = ioapic_input_of(line);

    assert(line < IRQ_LINES && input < IRQ_LINES && handler);
    assert(!lines[input].handler || lines[input].handler == handler);
    lines[input].name = name;
    lines[input].handler = handler;
    ioapic_unmask(line, VECTOR_DEVICE + input);
}

static void device_interrupt(u32 vector)
{
    u32 line = vector - VECTOR_DEVICE;

    count_event(irq_device);
    if (line < SOURCES)
        own_word_add(&this_cpu(taken).of[line], 1);
    if (line < IRQ_LINES && lines[line].handler) {
        trace_point(irq_handler_entry, line, lines[line].name);
        lines[line].handler();
        trace_point(irq_handler_exit, line, true);
    } else if (!message_dispatch(vector)) {
        printk("interrupt vector %#x has no handler\n", vector);
    }
    lapic_eoi(); /* after the handler: a level-triggered line is quiet by now */
}

/* Every vector above the exceptions but the system call. Interrupts off throughout. */
void irq_dispatch(struct trap_frame *frame)
{
    preempt_count_add(PREEMPT_IRQ);
    switch (frame->vector) {
    case VECTOR_TIMER:
        lapic_eoi();
        trace_point_as(local_timer_entry, vector, VECTOR_TIMER);
        timer_tick(frame_from_user(frame));
        clock_schedule_noise();
        trace_point_as(local_timer_exit, vector, VECTOR_TIMER);
        break;
    case VECTOR_CROSSCALL:
        lapic_eoi();
        count_event(irq_call);
        trace_point_as(call_function_entry, vector, VECTOR_CROSSCALL);
        crosscall_poll();
        trace_point_as(call_function_exit, vector, VECTOR_CROSSCALL);
        break;
    case VECTOR_RESCHED: /* need_resched is looked at on the way out */
        lapic_eoi();
        count_event(irq_resched);
        break;
    case VECTOR_ERROR:
        printk("CPU %u: local APIC error, status %#x\n", cpu_id(), lapic_error_status());
        lapic_eoi();
        break;
    case VECTOR_SPURIOUS: /* no EOI: SDM vol. 3A, 11.9 */
        break;
    default:
        device_interrupt(frame->vector);
    }
    preempt_count_sub(PREEMPT_IRQ);
}

void interrupts_report(void (*row)(void *ctx, u32 source, const char *name), void *ctx)
{
    for (u32 line = 0; line < IRQ_LINES; line++)
        if (lines[line].handler)
            row(ctx, line, lines[line].name);
    for (u32 vector = VECTOR_MESSAGE; vector < VECTOR_MESSAGE_END; vector++)
        if (message_name(vector))
            row(ctx, vector - VECTOR_DEVICE, message_name(vector));
}

u32 interrupts_taken(u32 cpu, u32 source)
{
    assert(source < SOURCES);
    return READ_ONCE(per_cpu(taken, cpu).of[source]);
}

init_text void interrupts_init(void)
{
    lapic_map(acpi_machine.lapic);
    lapic_init_cpu();
    cpu_blocks[0]->apic_id = lapic_id();
    if (acpi_machine.ioapic)
        ioapic_map(acpi_machine.ioapic, acpi_machine.ioapic_first_input);
    lapic_timer_calibrate();
    /* All CPUs asleep at once: QEMU's -icount scheduler starts its slices anew, so that what follows depends
     * on nothing that the firmware did (seed=). */
    lapic_timer_rest();
}
