/* Exceptions, from the stubs to whoever answers for them. */
#include "arch/trap.h"
#include "arch/cpu.h"
#include "arch/x86/fpu.h"
#include "arch/x86/pdesync.h"
#include "arch/x86/port.h"
#include "arch/x86/trap_entry.h"
#include "arch/x86/vectors.h"
#include "diag/assert.h"
#include "diag/printk.h"
#include "diag/race.h"

static const char *const exception_names[EXCEPTIONS] = {
    "divide error",
    "debug trap",
    "NMI",
    "breakpoint",
    "overflow",
    "bound range exceeded",
    "invalid opcode",
    "no FPU",
    "double fault",
    "coprocessor overrun",
    "invalid TSS",
    "segment not present",
    "stack fault",
    "general protection fault",
    "page fault",
    "reserved exception 15",
    "x87 error",
    "alignment check",
    "machine check",
    "SIMD error",
};

void frame_print(const struct trap_frame *f)
{
    bool user = frame_from_user(f);

    printk("  eip %08x cs %04x eflags %08x vector %u error %#x\n", f->eip, f->cs, f->eflags, f->vector,
           f->error);
    printk("  eax %08x ebx %08x ecx %08x edx %08x esi %08x edi %08x\n", f->eax, f->ebx, f->ecx, f->edx,
           f->esi, f->edi);
    /* Without a change of ring the processor pushes no stack pointer: it is where the frame ends. */
    printk("  ebp %08x esp %08x ss %04x ds %04x es %04x fs %04x gs %04x\n", f->ebp,
           user || f->vector == TRAP_DOUBLE ? f->esp : (u32)(uintptr_t)&f->esp, user ? f->ss : KERNEL_DS,
           f->ds, f->es, f->fs, f->gs);
    printk("  cr0 %08x cr2 %08x cr3 %08x\n", cr0_read(), cr2_read(), cr3_read());
}

static void irq_enable_as(const struct trap_frame *frame)
{
    if (likely(frame_irqs_were_on(frame)))
        irq_enable();
}

/*
 * R33, S33: CR2 belongs to the processor and the next fault overwrites it, so it is read before interrupts
 * can bring one; they come back on at the very next moment. Enter with interrupts off (interrupt gate).
 */
in_registers void page_fault_trap(struct trap_frame *frame)
{
    vaddr_t addr;

    if (pdesync_fault(frame))
        return;
    if (mutant(R33)) {
        irq_enable_as(frame);
        race_point(R33); /* an interrupt whose handler faults puts its own address into CR2 */
        addr = cr2_read();
        page_fault_seen(frame, addr);
    } else {
        addr = cr2_read();
        page_fault_seen(frame, addr);
        irq_enable_as(frame);
        race_point(R33);
    }
    page_fault_entry(frame, addr);
}

static void kernel_exception(struct trap_frame *frame)
{
    vaddr_t landing = fixup_find(frame_ip(frame));

    if (landing) {
        frame_set_ip(frame, landing);
        return;
    }
    const char *name = frame->vector < EXCEPTIONS ? exception_names[frame->vector] : NULL;
    kernel_oops(frame, name ? name : "reserved exception", 0, frame->error);
}

/* Every exception but #PF, NMI and #DF. Interrupts off. */
void exception_trap(struct trap_frame *frame)
{
    if (!frame_from_user(frame))
        return kernel_exception(frame);
    irq_enable();
    if (frame->vector == TRAP_NO_FPU)
        fpu_first_use();
    else
        user_exception(frame, frame->vector, frame->error);
}

/* Anywhere, even in the middle of another trap's first instructions: a fault in here must leave no trace in
 * CR2. */
void nmi_trap(struct trap_frame *frame)
{
    u32 cr2 = cr2_read();

    preempt_count_add(PREEMPT_NMI);
    nmi_entry(frame);
    preempt_count_sub(PREEMPT_NMI);
    cr2_write(cr2);
}

/* Kernel code was interrupted where it may be preempted. Interrupts off before and after. */
void preempt_from_trap(void)
{
    assert(preempt_count() == 0 && !irq_enabled());
    irq_enable();
    preempt_schedule();
    irq_disable();
}
