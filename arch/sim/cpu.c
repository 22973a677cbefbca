/* The rest of the arch contract: clocks, consoles, the end of the machine, the start of tasks. */
#include "arch/clock.h"
#include "arch/console.h"
#include "arch/sim/machine.h"
#include "arch/trap.h"
#include "diag/assert.h"
#include "diag/printk.h"
#include "sched/task.h"

/* ---- time: virtual (interrupts.c) ---- */

u64 clock_cycles_to_ns(u64 cycles)
{
    return cycles;
}
u64 clock_cycles_per_sec(void)
{
    return 1000000000u;
}
u64 clock_wall_seconds(void)
{
    return 1000000000u;
}
void clock_schedule_noise(void) {} /* the strategy is the noise */

/* ---- consoles: both go to the run's log ---- */

void console_write(const char *s, size_t n)
{
    run_log(s, n);
}
void control_write(const char *s, size_t n) {} /* records repeat for a runner what the log has */
int console_read_byte(void)
{
    return -1;
}
void console_on_input(void (*input)(u8 byte)) {}

/* ---- the machine as a whole ---- */

u32 cpu_count(void)
{
    return sim_cpu_total;
}
void cpu_stop_others(void) {} /* nobody runs while this CPU does */

noreturn void machine_exit(int status)
{
    run_finish(status ? RUN_BROKEN : RUN_PASSED);
}

void frame_print(const struct trap_frame *frame)
{
    printk("  simulated frame: vector %u, code %#x, from %s\n", frame->vector, frame->error,
           frame->user ? "user mode" : "the kernel");
}

/* ---- tasks ---- */

static void first_run(void *arg)
{
    struct task *task = arg;

    task_first_run(vcpus[cpu_id()].switched_from);
    irq_enable();
    task->arch.entry(task->arch.arg);
    task_exit();
}

void context_init_kernel(struct task *task, void (*entry)(void *), void *arg)
{
    task->arch = (struct arch_task){.entry = entry, .arg = arg};
    task->arch.fiber = fiber_create(first_run, task);
}

/* The explorer's tasks never leave the kernel: what they do to user memory goes through arch/user.h. */
void context_init_user(struct task *task, const struct trap_frame *frame)
{
    bug("no user mode in the explorer");
}

void context_release(struct task *task)
{
    if (task->arch.fiber)
        fiber_retire(task->arch.fiber);
    task->arch.fiber = NULL;
}

void context_copy(struct task *to, const struct task *from) {}
