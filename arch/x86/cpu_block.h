/*
 * Everything the processor itself looks at, one block a CPU: its GDT, its task-state segments, and first of
 * all the struct cpu_local that %fs points at. Only its own CPU writes it after start.
 */
#pragma once
#include "arch/cpu.h"
#include "arch/x86/vectors.h"

/* Task-state segment: SDM vol. 3A, figure 8-2. */
struct tss {
    u32 link, esp0, ss0, esp1, ss1, esp2, ss2;
    u32 cr3, eip, eflags, eax, ecx, edx, ebx, esp, ebp, esi, edi;
    u32 es, cs, ss, ds, fs, gs, ldt;
    u16 trap, io_map;
};
static_assert(sizeof(struct tss) == 104, "TSS layout");

struct cpu_block {
    struct cpu_local local; /* first: %fs:0 */
    u32 apic_id;
    u64 gdt[GDT_ENTRIES] aligned_to(8);
    struct tss tss;       /* esp0 at each switch; receives the registers when a double fault strikes */
    struct tss fault_tss; /* what the double fault runs on */
};
/* The processor reads a TSS by physical address while it switches: it must not cross a page. */
#define CPU_BLOCK_ALIGN 1024
static_assert(sizeof(struct cpu_block) <= CPU_BLOCK_ALIGN, "a block stays inside its page");

extern struct cpu_block *cpu_blocks[MAX_CPUS]; /* NULL: not started. Written before the CPU runs */

static inline struct cpu_block *cpu_block_here(void)
{
    return container_of(cpu_local(), struct cpu_block, local);
}

/* Fills in a block for CPU `id`; `fault_stack_top` is where its double faults run. */
void cpu_block_init(struct cpu_block *block, u32 id, void *fault_stack_top);
/* Loads GDT, IDT, TSS and %fs from it, sets the control registers' feature bits. Interrupts off. */
void cpu_block_load(struct cpu_block *block);
/* The same for the CPU that boots, with static memory. Then traps are reported instead of resetting the
 * machine. */
void cpu_init_boot(void);
/* Refuses the boot when the processor lacks something the kernel uses. */
void cpu_check_features(void);
