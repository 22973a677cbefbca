/*
 * The trace rings of four pretended CPUs, read back by the tools that people use: the region becomes a RAM
 * file, tools/trace makes trace.dat of it, and trace-cmd must print every event that was kept, in order,
 * without a word of complaint. The test runs on one virtual CPU and moves `sim_cpu_now` itself, with
 * interrupts off.
 */
#include "arch/sim/machine.h"
#include "arch/trap.h"
#include "diag/trace_control.h"
#include "diag/trace_internal.h"
#include "sched/task.h"
#include "tests/test.h"
#undef current /* the field of struct cpu_local is meant here */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPUS   4u
#define NAMES  4096u
#define REGION (192u << 10) /* small, so that the busiest ring is lapped */

/* What events point to has to lie in the RAM file: behind the region. */
static char *lock_name;

static void write_one_of_each(u32 n)
{
    static const char a[16] = "alpha", b[16] = "beta";
    static const struct trap_frame frame = {.vector = 4};
    trace_write_sched_switch(a, b, 11, 1);
    trace_write_sched_wakeup(TRACE_sched_waking, 10, a, 2);
    trace_write_sched_wakeup(TRACE_sched_wakeup, 10, a, 2);
    trace_write_contention_begin(&trace_mask, 1);
    trace_write_contention_end(&trace_mask, 0);
    trace_write_lock_acquire(&trace_mask, 3, lock_name);
    trace_write_lock(TRACE_lock_contended, &trace_mask, lock_name);
    trace_write_lock(TRACE_lock_acquired, &trace_mask, lock_name);
    trace_write_lock(TRACE_lock_release, &trace_mask, lock_name);
    trace_write_mmap_lock(TRACE_mmap_lock_start_locking, &trace_mask, false);
    trace_write_mmap_lock_acquire_returned(&trace_mask, false);
    trace_write_mmap_lock(TRACE_mmap_lock_released, &trace_mask, true);
    trace_write_lock_wait(&trace_mask, lock_name, 1, 12, 3, 0xF0101000);
    trace_write_lock_held(&trace_mask, lock_name, 4, 1000, 0xF0101000);
    trace_write_fault(TRACE_page_fault_user, 0x40001000, 0x08048000, 6);
    trace_write_fault(TRACE_page_fault_kernel, 0x40002000, 0xF0102000, 2);
    trace_write_fault_phase(n, PHASE_recheck_lost, 0x40001000, 0);
    trace_write_race_point(7, 0xF0103000);
    trace_write_shootdown(0x40000000, 0x40004000, 0xE, 0x6);
    trace_write_tlb_flush(FLUSH_TASK_SWITCH, 4);
    trace_write_mm_page_alloc(0x1234, 1);
    trace_write_mm_page_free(0x1234);
    trace_write_irq_handler_entry(4, lock_name);
    trace_write_irq_handler_exit(4, true);
    trace_write_vector(TRACE_local_timer_entry, 0xEF);
    trace_write_vector(TRACE_call_function_exit, 0xFB);
    trace_write_sys_enter(&frame);
    trace_write_sys_exit(4, -14);
}

static void write_as(struct cpu_local *cpu, u32 rounds)
{
    struct cpu_local *real = sim_cpu_now;
    sim_cpu_now = cpu;
    for (u32 n = 0; n < rounds; n++) {
        clock_pass(n % 7 == 0 ? 700000000u : 1500); /* now and then more than 27 bits */
        write_one_of_each(n);
    }
    sim_cpu_now = real;
}

/* An NMI inside a write finds no room: its event is counted, not written. */
static void write_inside_a_write(struct cpu_local *cpu)
{
    struct cpu_local *real = sim_cpu_now;
    u32 dropped = trace_ring_of(cpu->id)->dropped;
    sim_cpu_now = cpu;
    WRITE(TRACE_race_point, race_point, {
        rec->race = 41;
        rec->ip = 0;
        trace_write_tlb_flush(FLUSH_REMOTE_SHOOTDOWN, 1);
    });
    check_eq(trace_ring_of(cpu->id)->dropped, dropped + 1);
    sim_cpu_now = real;
}

/* Two rings more than are needed, and what mode stop keeps: the oldest. */
static void write_until_it_stops(struct cpu_local *cpu)
{
    struct trace_ring *ring = trace_ring_of(cpu->id);

    check_eq(trace_control("stop"), 0);
    write_as(cpu, 400);
    u32 written = ring->written;
    check(ring->refused > 0);
    check_eq(ring->begun, ring->pages);
    write_as(cpu, 1);
    check_eq(ring->written, written);
    check_eq(trace_control("overwrite"), 0);
}

/* A folder of this run's own: others may run the same test at the same time. Commands find it as $DIR. */
static bool make_folder(void)
{
    static char folder[] = "/tmp/faultline-trace-XXXXXX";

    return mkdtemp(folder) && setenv("DIR", folder, 1) == 0;
}

static void save(const char *name, const void *memory)
{
    char path[80];
    snprintf(path, sizeof path, "%s/%s", getenv("DIR"), name);
    FILE *file = fopen(path, "wb");
    check(file != NULL);
    if (!file)
        return;
    check_eq(fseek(file, 8192, SEEK_SET), 0); /* not at the file's start, as in a guest */
    check_eq(fwrite(memory, 1, REGION + NAMES, file), REGION + NAMES);
    check_eq(fclose(file), 0);
}

static void shell(const char *command)
{
    if (system(command) != 0)
        test_fail(__FILE__, __LINE__, "failed: %s", command);
}

TEST(
    diag_trace,
    .shows =
        "what four CPUs write into their rings, trace-cmd reads: every kept event, in order, lost ones counted")
{
    static struct cpu_local fake[CPUS];
    static struct task nobody;
    void *memory = aligned_alloc(TRACE_PAGE_SIZE, REGION + NAMES);
    irqflags_t irqs = irq_save();
    u32 real_total = sim_cpu_total;

    machine_hold_still(true);
    trace_region = NULL;
    trace_init(memory, REGION);
    sim_cpu_total = CPUS;
    trace_start();
    lock_name = (char *)memory + REGION;
    strcpy(lock_name, "mmap_lock");
    trace_region->texts_vaddr = (u32)(uintptr_t)lock_name;
    trace_region->texts_paddr = 8192 + REGION;
    trace_region->texts_bytes = NAMES;
    for (u32 cpu = 0; cpu < CPUS; cpu++) {
        fake[cpu] = (struct cpu_local){.self = &fake[cpu], .id = cpu, .preempt_count = cpu};
        fake[cpu].current = &nobody;
        fake[cpu].trace = trace_ring_of(cpu);
        cpu_local_of(cpu)->trace = &trace_nowhere;
        sim_irqs_on[cpu] = false;
        if (cpu != 0)
            write_as(&fake[cpu], cpu == 3 ? 400 : 10 + cpu); /* the last one laps its ring */
    }
    write_until_it_stops(&fake[0]);
    write_inside_a_write(&fake[1]);
    sim_cpu_total = real_total;
    check(make_folder());
    save("ram", memory);
    trace_region = NULL;
    free(memory);
    machine_hold_still(false);
    irq_restore(irqs);

    shell("python3 -m tools.trace $DIR/ram --at 8192 -o $DIR/trace.dat > $DIR/trace.out");
    shell("grep -q ' 4 CPUs, [1-9][0-9]* older ones lost, [1-9][0-9]* newer ones refused' $DIR/trace.out");
    shell("! python3 -m tools.trace $DIR/ram --at 4096 -o $DIR/none.dat 2> /dev/null");
    if (system("command -v trace-cmd > /dev/null") != 0) {
        test_note("trace-cmd is not installed: its report was not looked at");
        shell("rm -r $DIR");
        return;
    }
    shell("trace-cmd report --ts-check $DIR/trace.dat > $DIR/trace.txt 2> $DIR/trace.err");
    shell("! grep -i 'backwards\\|warning\\|error:\\|FAILED\\|UNKNOWN' $DIR/trace.txt $DIR/trace.err");
    shell("test $(grep -c '\\[000\\].*fault_phase:.* fault 0 ' $DIR/trace.txt) = 1"); /* mode stop: the oldest
                                                                                         is there */
    shell("grep -q 'mmap_lock at .*held for 1000 cycles' $DIR/trace.txt");
    shell("test $(grep -c '\\[002\\].*fault_phase' $DIR/trace.txt) = 12");
    shell("test $(grep -c '\\[001\\].*tlb_flush' $DIR/trace.txt) = 11");
    shell("grep -q 'EVENTS DROPPED' $DIR/trace.txt");
    shell("rm -r $DIR");
}
