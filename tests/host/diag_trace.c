/*
 * The trace rings of four pretended CPUs, read back by the tools that people use: the region becomes a RAM
 * file, tools/trace makes trace.dat of it, and trace-cmd must print every event that was kept, in order,
 * without a word of complaint. The test runs on one virtual CPU and moves `sim_cpu_now` itself, with
 * interrupts off.
 */
#include "arch/sim/machine.h"
#include "diag/trace.h"
#include "diag/trace_internal.h"
#include "tests/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPUS   4u
#define REGION (192u << 10) /* small, so that the busiest ring is lapped */

static void write_one_of_each(u32 n)
{
    static const char a[16] = "alpha", b[16] = "beta";
    trace_write_sched_switch(10, a, 1, 11, b);
    trace_write_sched_wakeup(TRACE_sched_waking, 10, a, 2);
    trace_write_sched_wakeup(TRACE_sched_wakeup, 10, a, 2);
    trace_write_lock(TRACE_contention_begin, &trace_mask, 1, "lock");
    trace_write_lock(TRACE_contention_end, &trace_mask, 0, "lock");
    trace_write_lock(TRACE_lock_acquire, &trace_mask, 3, "mmap_lock");
    trace_write_lock(TRACE_lock_contended, &trace_mask, 0,
                     "a_name_that_is_far_longer_than_any_name_should_ever_be");
    trace_write_lock(TRACE_lock_acquired, &trace_mask, 0, "x");
    trace_write_lock(TRACE_lock_release, &trace_mask, 0, "");
    trace_write_mmap_lock(TRACE_mmap_lock_start_locking, &trace_mask, false);
    trace_write_mmap_lock(TRACE_mmap_lock_acquire_returned, &trace_mask, false);
    trace_write_mmap_lock(TRACE_mmap_lock_released, &trace_mask, true);
    trace_write_lock_wait(&trace_mask, "page", 1, 12, 3, 0xF0101000);
    trace_write_fault(TRACE_page_fault_user, 0x40001000, 0x08048000, 6);
    trace_write_fault(TRACE_page_fault_kernel, 0x40002000, 0xF0102000, 2);
    trace_write_fault_phase(n, PHASE_recheck_lost, 0x40001000, 0);
    trace_write_race_point(7, 0xF0103000);
    trace_write_shootdown(0x40000000, 0x40004000, 0xE, 0x6);
    trace_write_tlb_flush(0, 4);
    trace_write_page(TRACE_mm_page_alloc, 0x1234, 1);
    trace_write_page(TRACE_mm_page_free, 0x1234, 0);
}

static void write_as(struct cpu_local *cpu, u32 rounds)
{
    struct cpu_local *real = sim_cpu_now;
    sim_cpu_now = cpu;
    for (u32 n = 0; n < rounds; n++) {
        sim_time_ns += n % 7 == 0 ? 700000000u : 1500; /* now and then more than 27 bits */
        write_one_of_each(n);
    }
    sim_cpu_now = real;
}

/* An NMI inside a write finds the ring busy: its event is counted, not written. */
static void write_inside_a_write(struct cpu_local *cpu)
{
    struct trace_slot slot;
    struct cpu_local *real = sim_cpu_now;
    sim_cpu_now = cpu;
    struct trace_common *outer = trace_reserve(&slot, TRACE_race_point, 16);
    check(outer != NULL);
    if (outer) {
        memset(outer + 1, 0, 8);
        trace_write_tlb_flush(1, 1);
        trace_commit(&slot, 16);
    }
    sim_cpu_now = real;
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
    check_eq(fwrite(memory, 1, REGION, file), REGION);
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
    void *memory = aligned_alloc(TRACE_PAGE_SIZE, REGION);
    irqflags_t irqs = irq_save();
    u32 real_total = sim_cpu_total;

    machine_hold_still(true);
    trace_region = NULL;
    trace_init(memory, REGION);
    sim_cpu_total = CPUS;
    trace_start();
    for (u32 cpu = 0; cpu < CPUS; cpu++) {
        fake[cpu] = (struct cpu_local){.self = &fake[cpu], .id = cpu, .preempt_count = cpu};
        sim_irqs_on[cpu] = false;
        write_as(&fake[cpu], cpu == 3 ? 400 : 10 + cpu); /* the last one laps its ring */
    }
    write_inside_a_write(&fake[1]);
    sim_cpu_total = real_total;
    check(make_folder());
    save("ram", memory);
    trace_region = NULL;
    free(memory);
    machine_hold_still(false);
    irq_restore(irqs);

    shell("python3 -m tools.trace $DIR/ram --at 8192 -o $DIR/trace.dat > $DIR/trace.out");
    shell("grep -q ' 4 CPUs, [1-9][0-9]* older ones lost' $DIR/trace.out");
    shell("! python3 -m tools.trace $DIR/ram --at 4096 -o $DIR/none.dat 2> /dev/null");
    if (system("command -v trace-cmd > /dev/null") != 0) {
        test_note("trace-cmd is not installed: its report was not looked at");
        shell("rm -r $DIR");
        return;
    }
    shell("trace-cmd report --ts-check $DIR/trace.dat > $DIR/trace.txt 2> $DIR/trace.err");
    shell("! grep -i 'backwards\\|warning\\|error:\\|FAILED\\|UNKNOWN' $DIR/trace.txt $DIR/trace.err");
    shell("test $(grep -c '\\[000\\].*fault_phase' $DIR/trace.txt) = 10");
    shell("test $(grep -c '\\[002\\].*fault_phase' $DIR/trace.txt) = 12");
    shell("test $(grep -c '\\[001\\].*tlb_flush' $DIR/trace.txt) = 11");
    shell("grep -q 'EVENTS DROPPED' $DIR/trace.txt");
    shell("rm -r $DIR");
}
