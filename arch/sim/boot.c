/* The simulated machine's boot: what boot/kmain.c does, with virtual CPUs that need no INIT-SIPI-SIPI. */
#include "arch/pgtable.h"
#include "arch/sim/machine.h"
#include "arch/sim/memory.h"
#include "arch/sim/mmu.h"
#include "arch/sim/oracle.h"
#include "arch/sim/sim.h"
#include "diag/assert.h"
#include "diag/bootwords.h"
#include "diag/race.h"
#include "mm/kernel/kvalloc.h"
#include "mm/kernel/slab.h"
#include "mm/space/mm.h"
#include "sched/sched.h"
#include "sync/lock_watch.h"
#include "sync/rcu.h"
#include "tests/test.h"

#undef current /* the field of struct cpu_local is meant here */

static const char *boot_words;
static void (*first_task)(void *);

static void enter_kernel_space(u32 cpu)
{
    sim_locals[cpu].loaded_space = &kernel_space;
    cpumask_set(&kernel_space.cpus, cpu);
    mmu_boot(cpu, kernel_space.root);
}

static void memory_boot(void)
{
    static const struct boot_range usable[] = {{0, SIM_RAM_BYTES}};
    static const struct boot_range reserved[] = {{0, SIM_RESERVED_END}};

    oracle_start();
    frames_init(usable, ARRAY_SIZE(usable), reserved, ARRAY_SIZE(reserved));
    kvalloc_init();
    slab_init();
    mm_init();
}

static void boot_first_cpu(void)
{
    pgtable_boot();
    for (u32 cpu = 0; cpu < sim_cpu_total; cpu++)
        enter_kernel_space(cpu);
    bootwords_parse(boot_words);
    lock_watch_init();
    race_init();
    race_pause = task_yield;
    memory_boot();
    sched_init_boot_cpu();
    irq_enable();
    for (u32 cpu = 1; cpu < sim_cpu_total; cpu++) {
        sim_locals[cpu].current = sched_create_idle(cpu);
        machine_start_cpu(cpu);
    }
    rcu_init();
    struct task *task = task_create_kernel("main", first_task, NULL);
    assert(task != NULL);
    task_pin(task, 0);
    task_start(task);
}

static void cpu_entry(void *arg)
{
    u32 cpu = (u32)(uintptr_t)arg;

    if (cpu != 0)
        sched_start_cpu();
    boot_first_cpu();
    sched_idle_loop();
}

void sim_settle(void)
{
    for (u32 cpu = 0; cpu < sim_cpu_total; cpu++)
        while (cpu != cpu_id() && !vcpus[cpu].halted)
            cpu_relax();
}

void sim_boot(u32 cpus, const char *words, void (*main_task)(void *))
{
    boot_words = words;
    first_task = main_task;
    machine_init(cpus, cpu_entry);
    machine_run();
}
