/*
 * Gates. All exceptions and interrupts enter with interrupts off (interrupt gates), so that a stub can save
 * what a nested trap would overwrite, CR2 above all (R33). The system call is a trap gate: there is nothing
 * to lose. The double fault is a task gate: it gets a stack that is known to be good (R54). SDM vol.
 * 3A, 6.11.
 */
#include "arch/x86/idt.h"
#include "arch/x86/vectors.h"

#define GATE_TASK      0x85u
#define GATE_INTERRUPT 0x8Eu
#define GATE_TRAP      0x8Fu
#define GATE_USER      0x60u /* DPL 3: INT n from user mode is allowed */

extern const u32 trap_stubs[256]; /* trap_stubs.asm: the address of each vector's stub */

static u64 idt[256] aligned_to(8);

static init_text u64 gate(u32 selector, u32 offset, u32 type)
{
    return ((u64)((offset & 0xFFFF0000u) | (type << 8)) << 32) | (selector << 16) | (offset & 0xFFFF);
}

static init_text u32 gate_type(u32 vector)
{
    switch (vector) {
    case TRAP_BREAKPOINT:
    case TRAP_OVERFLOW:
        return GATE_INTERRUPT | GATE_USER;
    case VECTOR_SYSCALL:
        return GATE_TRAP | GATE_USER;
    default:
        return GATE_INTERRUPT;
    }
}

init_text void idt_init(void)
{
    for (u32 vector = 0; vector < 256; vector++)
        idt[vector] = gate(KERNEL_CS, trap_stubs[vector], gate_type(vector));
    idt[TRAP_DOUBLE] = gate(SELECTOR(GDT_FAULT_TSS, 0), 0, GATE_TASK);
}

void idt_load(void)
{
    struct packed {
        u16 limit;
        u32 base;
    } idtr = {sizeof idt - 1, (u32)(uintptr_t)idt};

    __asm__ volatile("lidt %0" ::"m"(idtr) : "memory");
}
