/* What frames, kmalloc and kvalloc cost, in instructions: alone, and with several CPUs at it. */
#include "arch/atomic.h"
#include "arch/cpu.h"
#include "arch/trap.h"
#include "bench/kernel/measure.h"
#include "diag/assert.h"
#include "diag/printk.h"
#include "mm/frame/frames.h"
#include "mm/kernel/kvalloc.h"
#include "mm/kernel/slab.h"
#include "sched/task.h"
#include "sync/crosscall.h"

#define SAMPLES    101u
#define WINDOW_RUN 1024u /* kvfree flushes once for many pages: this many pairs hold their share of it */
#define SHARE_RUN  4000u /* pairs of each CPU */
#define HUGE_BYTES (64u << 20)

static u64 reading_cost;

static u64 sample(void (*prepare)(void), void (*operation)(void))
{
    if (prepare)
        prepare();
    irqflags_t flags = irq_save();
    u64 start = cpu_cycles();
    operation();
    u64 cycles = cpu_cycles() - start;
    irq_restore(flags);
    return cycles - reading_cost;
}

static u64 median(u64 *values, u32 n)
{
    for (u32 i = 1; i < n; i++)
        for (u32 j = i; j > 0 && values[j] < values[j - 1]; j--) {
            u64 larger = values[j - 1];
            values[j - 1] = values[j];
            values[j] = larger;
        }
    return values[n / 2];
}

static void row(const char *name, void (*prepare)(void), void (*operation)(void))
{
    static u64 values[SAMPLES];

    for (u32 i = 0; i < SAMPLES; i++)
        values[i] = sample(prepare, operation);
    printk("bench %s\t%llu\n", name, median(values, SAMPLES));
}

static void nothing(void) {}

/* 200,000 turns of two instructions: tells the runner what one counts as. */
static void known_loop(void)
{
    u32 turns = 200000;
    __asm__ volatile("1: decl %0; jnz 1b" : "+r"(turns));
}

/* ---- operations; each leaves everything as it was ---- */

static void frame_pair(void)
{
    page_put(page_alloc(GFP_ATOMIC));
}
static void empty_caches(void)
{
    frames_drain_caches();
}
static void object_pair(void)
{
    kfree(kmalloc(64, GFP_ATOMIC));
}
static void large_object_pair(void)
{
    kfree(kmalloc(2 * PAGE_SIZE, GFP_ATOMIC));
}

static void window_row(const char *name, size_t bytes, u32 pairs)
{
    kvalloc_purge();
    u64 start = cpu_cycles();
    for (u32 i = 0; i < pairs; i++)
        kvfree(kvalloc(bytes, "bench", 0));
    kvalloc_purge();
    printk("bench %s\t%llu\n", name, (cpu_cycles() - start) / pairs);
}

/* ---- several CPUs at once ---- */

struct crowd {
    void (*pair)(void);
    u32 cpus;
    atomic_t ready, done;
};

static void repeat(void *arg)
{
    struct crowd *c = arg;

    for (u32 i = 0; i < 100; i++)
        c->pair();
    atomic_inc(&c->ready);
    while ((u32)atomic_read(&c->ready) < c->cpus)
        cpu_relax();
    for (u32 i = 0; i < SHARE_RUN; i++)
        c->pair();
    atomic_inc(&c->done);
    while ((u32)atomic_read(&c->done) < c->cpus) /* its CPU goes on using its share of the machine */
        cpu_relax();
}

/* The CPUs take turns in one host thread, and the clock counts the instructions of all: what one pair takes
 * of it grows where they wait for each other. */
static void crowd_row(const char *name, void (*pair)(void))
{
    static struct crowd c;
    struct task *tasks[MAX_CPUS];

    c = (struct crowd){.pair = pair, .cpus = cpu_count()};
    u64 start = cpu_cycles();
    for (u32 cpu = 0; cpu < c.cpus; cpu++) {
        tasks[cpu] = task_create_kernel("bench", repeat, &c);
        assert(tasks[cpu] != NULL);
        task_pin(tasks[cpu], cpu);
        task_start(tasks[cpu]);
    }
    for (u32 cpu = 0; cpu < c.cpus; cpu++) {
        task_join(tasks[cpu]);
        task_put(tasks[cpu]);
    }
    printk("bench %s, %u at once\t%llu\n", name, c.cpus, (cpu_cycles() - start) / (c.cpus * SHARE_RUN));
}

static void rows_of_one_cpu(void)
{
    reading_cost = sample(NULL, nothing);
    row("calibration", NULL, known_loop);
    row("page alloc + free, cache hit", NULL, frame_pair);
    row("page alloc + free, refill of 64", empty_caches, frame_pair);
    row("kmalloc + kfree, 64 bytes", NULL, object_pair);
    row("kmalloc + kfree, 2 pages", NULL, large_object_pair);
    window_row("kvalloc + kvfree, 1 page", PAGE_SIZE, WINDOW_RUN);
    window_row("kvalloc + kvfree, 64 MiB", HUGE_BYTES, 2);
}

noreturn void bench_main(void)
{
    if (cpu_count() == 1)
        rows_of_one_cpu();
    crowd_row("page alloc + free", frame_pair);
    crowd_row("kmalloc + kfree", object_pair);
    control_record("exit 0");
    machine_exit(0);
}
