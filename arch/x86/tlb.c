/* This CPU's TLB. SDM vol. 3A, 4.10.4.1: what each operation invalidates. */
#include "arch/tlb.h"
#include "arch/cpu.h"
#include "arch/memmap.h"
#include "arch/x86/port.h"

/* Beyond this many pages one reload is cheaper than the INVLPGs and the misses that it causes. */
#define FLUSH_SINGLY_MAX 32

void tlb_flush_page(vaddr_t va)
{
    __asm__ volatile("invlpg (%0)" ::"r"(va) : "memory");
}

void tlb_flush_range(vaddr_t start, vaddr_t end)
{
    if ((end - start) / PAGE_SIZE <= FLUSH_SINGLY_MAX) {
        for (vaddr_t va = start & PAGE_MASK; va < end; va += PAGE_SIZE)
            tlb_flush_page(va);
    } else if (end <= USER_END) {
        tlb_flush_user();
    } else {
        tlb_flush_all();
    }
}

void tlb_flush_user(void)
{
    cr3_write(cr3_read());
}

/* Interrupts off: a switch between the two writes would be undone by the second. */
void tlb_flush_all(void)
{
    irqflags_t flags = irq_save();
    u32 cr4 = cr4_read();

    cr4_write(cr4 & ~CR4_PGE);
    cr4_write(cr4);
    irq_restore(flags);
}
