/* Ending, stopping, waiting. */
#include "arch/cpu.h"
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

void cpu_stop_others(void)
{
    lapic_send_nmi_to_others();
}
