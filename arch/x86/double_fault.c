/*
 * The double fault: a fault while the processor pushes a trap's frame, in practice a kernel stack that ran
 * into its guard page (R54). The task gate saved the registers in this CPU's TSS and gave us a good stack and
 * the kernel's own directory, so everything can still be said. SDM vol. 3A, 6.15, interrupt 8.
 */
#include "arch/memmap.h"
#include "arch/trap.h"
#include "arch/x86/cpu_block.h"
#include "arch/x86/idt.h"
#include "arch/x86/port.h"
#include "diag/printk.h"
#include "lib/string.h"
#include "sched/task.h"

static bool in_guard_page(vaddr_t addr)
{
    const struct task *task = current_task();

    return task && task->kstack && addr < (vaddr_t)task->kstack && addr >= (vaddr_t)task->kstack - PAGE_SIZE;
}

noreturn void double_fault(void)
{
    const struct tss *tss = &cpu_block_here()->tss;
    vaddr_t addr = cr2_read();
    struct trap_frame frame;

    memset(&frame, 0, sizeof frame);
    frame.gs = tss->gs, frame.fs = tss->fs, frame.es = tss->es, frame.ds = tss->ds;
    frame.eax = tss->eax, frame.ebx = tss->ebx, frame.ecx = tss->ecx, frame.edx = tss->edx;
    frame.esi = tss->esi, frame.edi = tss->edi, frame.ebp = tss->ebp;
    frame.esp = tss->esp, frame.ss = tss->ss;
    frame.eip = tss->eip, frame.cs = tss->cs, frame.eflags = tss->eflags;
    frame.vector = TRAP_DOUBLE;
    if (in_guard_page(addr))
        printk("Kernel stack overflow: task %d (%s) hit the guard page below %p, stack pointer %#x\n",
               current->pid, current->comm, current->kstack, tss->esp);
    kernel_oops(&frame, "double fault", addr, 0);
    machine_exit(1);
}
