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
#include "diag/printk.h"

static void (*line_handlers[IRQ_LINES])(void); /* written once, before the line is unmasked */

void irq_route(u32 line, void (*handler)(void))
{
    u32 input = ioapic_input_of(line);

    assert(line < IRQ_LINES && input < IRQ_LINES && handler);
    assert(!line_handlers[input] || line_handlers[input] == handler);
    line_handlers[input] = handler;
    ioapic_unmask(line, VECTOR_DEVICE + input);
}

static void device_interrupt(u32 vector)
{
    void (*handler)(void) = NULL;

    if (vector >= VECTOR_DEVICE && vector < VECTOR_DEVICE + IRQ_LINES)
        handler = line_handlers[vector - VECTOR_DEVICE];
    if (handler)
        handler();
    else
        printk("interrupt vector %#x has no handler\n", vector);
    lapic_eoi(); /* after the handler: a level-triggered line is quiet by now */
}

/* Every vector above the exceptions but the system call. Interrupts off throughout. */
void irq_dispatch(struct trap_frame *frame)
{
    preempt_count_add(PREEMPT_IRQ);
    switch (frame->vector) {
    case VECTOR_TIMER:
        lapic_eoi();
        timer_tick(frame_from_user(frame));
        clock_schedule_noise();
        break;
    case VECTOR_CROSSCALL:
        lapic_eoi();
        crosscall_poll();
        break;
    case VECTOR_RESCHED: /* need_resched is looked at on the way out */
        lapic_eoi();
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
