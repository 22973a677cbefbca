/* Segments and task-state segments of one CPU. Formats: SDM vol. 3A, 3.4.5 and 8.2. */
#include "arch/pgtable.h"
#include "arch/x86/cpu_block.h"
#include "arch/x86/idt.h"
#include "arch/x86/port.h"
#include "diag/assert.h"
#include "diag/counters.h"
#include "diag/panic.h"
#include "diag/trace.h"
#include "lib/string.h"
#include "sync/held.h"

#define TYPE_CODE 0x9Au /* present, executable, readable */
#define TYPE_DATA 0x92u /* present, writable */
#define TYPE_TSS  0x89u /* present, 32-bit TSS, not busy */
#define DPL_USER  0x60u
#define FLAGS_4K  0xCu /* 32-bit, limit in pages */
#define FLAGS_1B  0x4u

#define CPUID_TSC   (1u << 4)
#define CPUID_CX8   (1u << 8)
#define CPUID_APIC  (1u << 9)
#define CPUID_CMOV  (1u << 15)
#define CPUID_FXSR  (1u << 24)
#define CPUID_NEEDS (CPUID_TSC | CPUID_CX8 | CPUID_APIC | CPUID_CMOV | CPUID_FXSR)
#define CPUID_SSE   (1u << 25)

struct cpu_block *cpu_blocks[MAX_CPUS];

static u8 boot_fault_stack[8192] aligned_to(16);
static struct cpu_block boot_block aligned_to(CPU_BLOCK_ALIGN);

static u64 descriptor(u32 base, u32 limit, u32 type, u32 flags)
{
    u32 low = (base << 16) | (limit & 0xFFFF);
    u32 high =
        (base & 0xFF000000u) | (flags << 20) | (limit & 0xF0000u) | (type << 8) | ((base >> 16) & 0xFF);

    return ((u64)high << 32) | low;
}

static void fault_tss_init(struct cpu_block *block, void *stack_top)
{
    struct tss *tss = &block->fault_tss;

    tss->cr3 = kernel_space.root; /* whatever was loaded may be what is broken */
    tss->eip = (u32)(uintptr_t)double_fault;
    tss->eflags = 2;
    tss->esp = tss->esp0 = (u32)(uintptr_t)stack_top - 4;
    tss->cs = KERNEL_CS;
    tss->ss = tss->ss0 = KERNEL_DS;
    tss->ds = tss->es = USER_DS;
    tss->fs = CPU_SELECTOR;
    tss->io_map = sizeof *tss;
}

void cpu_block_init(struct cpu_block *block, u32 id, void *fault_stack_top)
{
    memset(block, 0, sizeof *block);
    block->local.self = &block->local;
    block->local.id = id;
    block->local.loaded_space = &kernel_space;
    block->local.trace = &trace_nowhere;
    block->local.counters = &per_cpu(counters, id);
    block->local.spins = &per_cpu(spins_held, id);
    block->gdt[GDT_KERNEL_CS] = descriptor(0, 0xFFFFF, TYPE_CODE, FLAGS_4K);
    block->gdt[GDT_KERNEL_DS] = descriptor(0, 0xFFFFF, TYPE_DATA, FLAGS_4K);
    block->gdt[GDT_USER_CS] = descriptor(0, 0xFFFFF, TYPE_CODE | DPL_USER, FLAGS_4K);
    block->gdt[GDT_USER_DS] = descriptor(0, 0xFFFFF, TYPE_DATA | DPL_USER, FLAGS_4K);
    block->gdt[GDT_CPU] = descriptor((u32)(uintptr_t)block, sizeof *block - 1, TYPE_DATA, FLAGS_1B);
    block->gdt[GDT_TSS] = descriptor((u32)(uintptr_t)&block->tss, sizeof block->tss - 1, TYPE_TSS, 0);
    block->gdt[GDT_FAULT_TSS] =
        descriptor((u32)(uintptr_t)&block->fault_tss, sizeof block->fault_tss - 1, TYPE_TSS, 0);
    block->tss.ss0 = KERNEL_DS;
    block->tss.io_map = sizeof block->tss; /* no I/O map: user port access is #GP */
    fault_tss_init(block, fault_stack_top);
}

struct cpu_local *cpu_local_of(u32 cpu)
{
    assert(cpu < MAX_CPUS && cpu_blocks[cpu]);
    return &cpu_blocks[cpu]->local;
}

/* The LDT is loaded with nothing: a reset leaves one that begins at address 0, which programs may map.
 * Whoever writes descriptors writes call gates to ring 0. SDM vol. 3A, table 10-1 (state after reset). */
static void load_segments(const struct cpu_block *block)
{
    struct packed {
        u16 limit;
        u32 base;
    } gdtr = {sizeof block->gdt - 1, (u32)(uintptr_t)block->gdt};

    __asm__ volatile("lgdt %0\n\t"
                     "ljmp %1, $1f\n"
                     "1:\tmovw %w2, %%ss\n\t"
                     "movw %w3, %%ds\n\t"
                     "movw %w3, %%es\n\t"
                     "movw %w4, %%fs\n\t"
                     "movw %w5, %%gs\n\t"
                     "lldt %w5\n\t"
                     "ltr %w6"
                     :
                     : "m"(gdtr), "i"(KERNEL_CS), "r"(KERNEL_DS), "r"(USER_DS), "r"(CPU_SELECTOR), "r"(0),
                       "r"(SELECTOR(GDT_TSS, 0))
                     : "memory");
}

void cpu_block_load(struct cpu_block *block)
{
    load_segments(block);
    idt_load();
    if (cpuid(1).edx & CPUID_FXSR)
        cr4_write(cr4_read() | CR4_OSFXSR | ((cpuid(1).edx & CPUID_SSE) ? CR4_OSXMMEXCPT : 0));
    /* EM off, MP and NE on: x87 errors are exceptions. TS on: nobody's FPU state is loaded yet. */
    cr0_write((cr0_read() & ~0x4u) | 0x22u | CR0_TS);
}

init_text void cpu_init_boot(void)
{
    kernel_space.root = cr3_read(); /* paging.c completes it; the double fault needs the root from now on */
    cpu_block_init(&boot_block, 0, boot_fault_stack + sizeof boot_fault_stack);
    cpu_blocks[0] = &boot_block;
    idt_init();
    cpu_block_load(&boot_block);
}

init_text void cpu_check_features(void)
{
    u32 missing = CPUID_NEEDS & ~cpuid(1).edx;

    if (missing)
        boot_refuse("the processor lacks features that Faultline uses (CPUID.1:EDX bits %#x)", missing);
}
