/*
 * Application processors. The boot CPU starts them one after another: INIT, 10 ms, STARTUP, and once more if
 * needed (SDM vol. 3A, 9.4.4.1; Intel MultiProcessor Specification 1.4, B.4). Each lands on its idle task's
 * stack, says that it is there, lets its TSC be compared, and waits with interrupts on until all are there.
 */
#include "arch/clock.h"
#include "arch/x86/acpi.h"
#include "arch/x86/ap_start.h"
#include "arch/x86/clock.h"
#include "arch/x86/cpu_block.h"
#include "arch/x86/lapic.h"
#include "arch/x86/paging.h"
#include "arch/x86/port.h"
#include "arch/x86/tsc_check.h"
#include "diag/assert.h"
#include "diag/panic.h"
#include "diag/printk.h"
#include "lib/string.h"
#include "mm/kernel/kvalloc.h"
#include "sched/sched.h"

#define FAULT_STACK 8192u
#define ANSWER_US   1000000u

extern char ap_trampoline[], ap_trampoline_mailbox[], ap_trampoline_end[];

static u32 online = 1;
static struct cpu_block *starting; /* the block that the next CPU to arrive takes */
static bool arrived, released;     /* load_acquire, store_release */

u32 cpu_count(void)
{
    return READ_ONCE(online);
}

/* First C on a new CPU, on its idle task's stack, with the trampoline's directory and descriptor table. Stays
 * mapped after boot, since a CPU may still be in its last lines then. */
static noreturn void ap_main(void)
{
    struct cpu_block *block = load_acquire(&starting);

    cr3_write(kernel_space.root);
    cpu_block_load(block);
    lapic_init_cpu();
    block->apic_id = lapic_id();
    cpumask_set(&kernel_space.cpus, cpu_id());
    store_release(&arrived, true);
    tsc_answer();
    while (!load_acquire(&released)) {
        cpu_wait_for_interrupt();
        irq_disable();
    }
    lapic_timer_start();
    preempt_count_sub(PREEMPT_ONE);
    sched_start_cpu();
}

/* The next CPU's block, idle task and double-fault stack; also used for the one after, when nobody takes it.
 */
static init_text struct cpu_block *make_block(u32 id)
{
    char *memory = kvalloc(PAGE_SIZE + FAULT_STACK, "CPU block", KV_ZERO);
    struct task *idle = sched_create_idle(id);

    if (!memory || !idle)
        panic("no memory for CPU %u", id);
    struct cpu_block *block = (struct cpu_block *)memory;
    cpu_block_init(block, id, memory + PAGE_SIZE + FAULT_STACK);
    cpu_local_set_task(&block->local, idle);
    block->local.preempt_count = PREEMPT_ONE; /* until the scheduler may run here */
    block->tss.esp0 = (u32)(uintptr_t)idle->kstack + KSTACK_SIZE;
    return block;
}

static init_text volatile struct ap_mailbox *mailbox(void)
{
    return phys_to_direct(AP_TRAMPOLINE + (paddr_t)(ap_trampoline_mailbox - ap_trampoline));
}

static init_text bool wait_arrived(u32 us)
{
    u64 end = clock_ns() + us * 1000ull;

    while (!load_acquire(&arrived)) {
        if (clock_ns() > end)
            return false;
        cpu_relax();
    }
    return true;
}

/* True when a CPU took the block and runs on it. */
static init_text bool start_one(struct cpu_block *block, u32 apic_id)
{
    volatile struct ap_mailbox *box = mailbox();

    store_release(&arrived, false);
    store_release(&starting, block);
    cpu_blocks[block->local.id] = block;
    box->entry = (u32)(uintptr_t)ap_main;
    __atomic_exchange_n(&box->stack_top,
                        (u32)(uintptr_t)cpu_local_task(&block->local)->kstack + KSTACK_SIZE - 16,
                        __ATOMIC_SEQ_CST);

    lapic_send_init(apic_id);
    clock_delay_us(10000);
    lapic_send_startup(apic_id, AP_TRAMPOLINE);
    if (wait_arrived(10000))
        return true;
    lapic_send_startup(apic_id, AP_TRAMPOLINE);
    if (wait_arrived(ANSWER_US))
        return true;
    /* Take the offer back; who has it already is on its way and will arrive. */
    if (__atomic_exchange_n(&box->stack_top, 0, __ATOMIC_SEQ_CST) != 0) {
        lapic_send_init(apic_id); /* whatever it does by now, it waits for a STARTUP again */
        return false;
    }
    if (!wait_arrived(10 * ANSWER_US))
        panic("the CPU with APIC id %u started and was lost", apic_id);
    return true;
}

static init_text void install_trampoline(void)
{
    memcpy(phys_to_direct(AP_TRAMPOLINE), ap_trampoline, (size_t)(ap_trampoline_end - ap_trampoline));
    mailbox()->root = paging_trampoline_root();
}

init_text void smp_start(void)
{
    const struct acpi_machine *m = &acpi_machine;
    struct cpu_block *spare = NULL;

    cpumask_set(&kernel_space.cpus, 0);
    install_trampoline();
    for (u32 i = 0; i < m->cpus_n && online < MAX_CPUS; i++) {
        if (m->apic_ids[i] == cpu_blocks[0]->apic_id)
            continue;
        spare = spare ? spare : make_block(online);
        if (!start_one(spare, m->apic_ids[i])) {
            printk("the CPU with APIC id %u does not answer; going on without it\n", m->apic_ids[i]);
            continue;
        }
        tsc_compare(online);
        WRITE_ONCE(online, online + 1);
        spare = NULL;
    }
    if (spare)
        cpu_blocks[online] = NULL;
    if (m->cpus_n > MAX_CPUS)
        printk("this machine has %u CPUs; %u of them are used\n", m->cpus_n, MAX_CPUS);
    tsc_report();
}

init_text void smp_release(void)
{
    store_release(&released, true);
    for (u32 cpu = 1; cpu < online; cpu++)
        cpu_send_ipi(cpu, IPI_RESCHED);
}
