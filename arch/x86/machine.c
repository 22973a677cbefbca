/* Ending, stopping, waiting. */
#include "arch/cpu.h"
#include "arch/x86/cpu_block.h"
#include "arch/x86/lapic.h"
#include "arch/x86/port.h"

#define DEBUG_EXIT 0xF4 /* QEMU's isa-debug-exit: it leaves with (value << 1) | 1 */

noreturn void machine_exit(int status)
{
    irq_disable();
    port_write32(DEBUG_EXIT, status ? 1 : 0);
    for (;;)
        __asm__ volatile("hlt"); /* a machine without that device: nothing runs any more */
}

void cpu_wait_for_interrupt(void)
{
    __asm__ volatile("sti; hlt" ::: "memory");
}

/* One by one: sent to all at once it would also find those that nobody has started yet, in the firmware's
 * real mode, and what they do then resets the machine in the middle of the dump. */
void cpu_stop_others(void)
{
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        if (cpu != cpu_id())
            lapic_send_nmi(cpu_blocks[cpu]->apic_id);
}
