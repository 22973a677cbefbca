/*
 * Numbers that NASM needs from C. boot/image.mk compiles this file to assembly text and turns each `#equ`
 * line into a NASM `equ`: an offset is written once, here by its name, and the compiler computes it.
 */
#include "arch/memmap.h"
#include "arch/trap.h"
#include "arch/x86/ap_start.h"
#include "arch/x86/cpu_block.h"
#include "arch/x86/paging.h"
#include "arch/x86/port.h"
#include "sched/task.h"

#define EQU(name, value) __asm__ volatile("\n#equ " #name " %c0" ::"i"(value))

/* Never called: only its text matters. */
__attribute__((used)) static void offsets(void)
{
    EQU(PHYS_OFFSET, 0u - KWINDOW_BASE);
    EQU(KWINDOW_PDE, pde_index(KWINDOW_BASE));
    EQU(DIRECT_PDE, pde_index(DIRECT_BASE));
    EQU(FOREIGN_PDE, FOREIGN_PDE);
    EQU(MIRROR_PDE, MIRROR_PDE);
    EQU(BOOT_STACK_END, BOOT_STACK_END);

    EQU(FRAME_ERROR, offsetof(struct trap_frame, error));
    EQU(FRAME_CS, offsetof(struct trap_frame, cs));
    EQU(FRAME_EFLAGS, offsetof(struct trap_frame, eflags));
    EQU(EFLAGS_IF, EFLAGS_IF);

    EQU(CPU_CURRENT, CPU_LOCAL_CURRENT);
    EQU(CPU_PREEMPT_COUNT, offsetof(struct cpu_local, preempt_count));
    EQU(CPU_NEED_RESCHED, offsetof(struct cpu_local, need_resched));
    EQU(TASK_ESP, offsetof(struct task, arch.esp));
    EQU(TASK_FLAGS, offsetof(struct task, flags));
    EQU(TASK_WORK_MASK, 1u << TASKF_WORK);

    EQU(KERNEL_CS, KERNEL_CS);
    EQU(KERNEL_DS, KERNEL_DS);
    EQU(USER_DS, USER_DS);
    EQU(CPU_SELECTOR, CPU_SELECTOR);
    EQU(TRAP_PROTECTION, TRAP_PROTECTION);
    EQU(TRAP_PAGE_FAULT, TRAP_PAGE_FAULT);
    EQU(TRAP_NMI, TRAP_NMI);
    EQU(EXCEPTIONS, EXCEPTIONS);
    EQU(VECTOR_SYSCALL, VECTOR_SYSCALL);

    EQU(AP_TRAMPOLINE, AP_TRAMPOLINE);
    EQU(AP_ROOT, offsetof(struct ap_mailbox, root));
    EQU(AP_STACK, offsetof(struct ap_mailbox, stack_top));
    EQU(AP_ENTRY, offsetof(struct ap_mailbox, entry));
}
static_assert(offsetof(struct cpu_local, self) == 0, "%fs:0 is the block's own address");
static_assert(offsetof(struct task, arch) == 0, "assembly finds the saved stack pointer through the task");
static_assert(TASKF_WORK < 8, "the stubs test one byte of the flags");
