/*
 * Shared cache lines written by each operation of the allocators and by a fault (`make lines`; part of
 * `make bench`): several simulated CPUs do the same at once, and a line counts as shared when another CPU
 * read or wrote it meanwhile. Allocation and release that this CPU's cache can serve must write none.
 */
#include "arch/sim/machine.h"
#include "arch/sim/memory.h"
#include "arch/sim/sim.h"
#include "arch/user.h"
#include "diag/assert.h"
#include "mm/frame/frames.h"
#include "mm/kernel/kvalloc.h"
#include "mm/kernel/slab.h"
#include "mm/space/mm.h"
#include "sched/task.h"
#include "tests/host/lines/lines.h"
#include <stdio.h>

#define CPUS 4u
#define RUN  200u /* operations of each CPU */

static void frame_hit(void)
{
    page_put(page_alloc(GFP_KERNEL));
}
static void object_hit(void)
{
    kfree(kmalloc(64, GFP_KERNEL));
}
/* More frames than the cache holds: every run of this goes to the zone and back. */
static void frame_refill(void)
{
    static struct page *pages[CPUS][100];

    for (u32 i = 0; i < 100; i++)
        pages[cpu_id()][i] = page_alloc(GFP_KERNEL);
    for (u32 i = 0; i < 100; i++)
        page_put(pages[cpu_id()][i]);
}
static void window_page(void)
{
    kvfree(kvalloc(PAGE_SIZE, "lines", 0));
}

/* Faults of one address space, each CPU in page tables of its own. */
#define FAULTS_AT 0x40000000u
static struct mm *space;
static u32 touched[CPUS];

static void space_make(void)
{
    struct mmap_request request = {.addr = FAULTS_AT,
                                   .length = CPUS * PDE_SIZE,
                                   .vm_flags = VM_READ | VM_WRITE | VM_MAYWRITE,
                                   .how = MM_FIXED};

    space = mm_create();
    assert(space);
    s32 at = mm_mmap(space, &request);
    assert(at == (s32)FAULTS_AT);
}
static void anonymous_write(void)
{
    u32 cpu = cpu_id();
    int error = user_store_u32(FAULTS_AT + cpu * PDE_SIZE + touched[cpu]++ * PAGE_SIZE, 1);

    assert(!error);
}

static const struct row {
    const char *name;
    void (*operation)(void);
    u32 each; /* pairs in one operation */
    bool must_be_none;
    bool in_space;
} rows[] = {
    {"page alloc + free, cache hit", frame_hit, 1, true, false},
    {"page alloc + free, refills included", frame_refill, 100, false, false},
    {"kmalloc + kfree, magazine hit", object_hit, 1, true, false},
    {"kvalloc + kvfree, 1 page", window_page, 1, false, false},
    {"anonymous write fault, page tables of its own", anonymous_write, 1, false, true},
};
static u32 failed;

static void work(void *arg)
{
    const struct row *row = arg;

    if (row->in_space) {
        mm_get_user(space);
        mm_switch_task(space);
    }
    for (u32 i = 0; i < RUN; i++) {
        /* An interrupt in the middle would count what it does, and whom it wakes, as the operation's. */
        irqflags_t flags = row->must_be_none ? irq_save() : 0;
        lines_operation_begin();
        row->operation();
        lines_operation_done();
        if (row->must_be_none)
            irq_restore(flags);
    }
    if (row->in_space)
        mm_leave_task();
}

static void on_every_cpu(const struct row *row)
{
    struct task *tasks[CPUS];

    for (u32 cpu = 0; cpu < CPUS; cpu++) {
        tasks[cpu] = task_create_kernel("lines", work, (void *)(uintptr_t)row);
        assert(tasks[cpu]);
        task_pin(tasks[cpu], cpu);
        task_start(tasks[cpu]);
    }
    for (u32 cpu = 0; cpu < CPUS; cpu++) {
        task_join(tasks[cpu]);
        task_put(tasks[cpu]);
    }
}

static void show_line(u32 address, u64 writes)
{
    printf("  # line %#x: %llu times\n", address, (unsigned long long)writes);
}

static void measure(void *unused)
{
    space_make();
    for (u32 i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lines_sum sum;
        on_every_cpu(&rows[i]); /* warm: caches full, magazines made */
        lines_forget();
        on_every_cpu(&rows[i]);
        lines_sum(&sum);
        u64 pairs = (u64)sum.operations * rows[i].each;
        bool none = sum.shared == 0;
        printf(
            "%sok %u - lines %s: %llu.%02llu cache lines written each, %llu.%02llu of them shared\n",
            rows[i].must_be_none && !none ? "not " : "", i + 1, rows[i].name,
            (unsigned long long)(sum.written / pairs), (unsigned long long)(sum.written * 100 / pairs % 100),
            (unsigned long long)(sum.shared / pairs), (unsigned long long)(sum.shared * 100 / pairs % 100));
        if (rows[i].must_be_none && !none) {
            lines_shared(show_line);
            failed++;
        }
    }
    machine_pause();
}

int main(int argc, char **argv)
{
    memory_claim(argv);
    char words[256];
    snprintf(words, sizeof words, "ptecheck=off %s",
             argc > 1 ? argv[1] : ""); /* the product has no checker */
    sim_boot(CPUS, words, measure);
    u32 n = sizeof rows / sizeof *rows;
    printf("%u passed, %u failed\n", n - failed, failed);
    return failed != 0;
}
