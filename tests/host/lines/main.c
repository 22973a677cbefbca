/*
 * Shared cache lines written by each operation of the allocators and by faults (`make lines`; part of
 * `make bench`): several simulated CPUs do the same at once, and a line counts as shared when another CPU
 * read or wrote it meanwhile. Allocation and release that this CPU's cache can serve must write none, and
 * neither may a fault under faultlock=seq.
 */
#include "arch/sim/machine.h"
#include "arch/sim/memory.h"
#include "arch/sim/sim.h"
#include "arch/user.h"
#include "diag/assert.h"
#include "mm/fault/faultlock.h"
#include "mm/frame/frames.h"
#include "mm/kernel/kvalloc.h"
#include "mm/kernel/slab.h"
#include "mm/space/mm.h"
#include "sched/task.h"
#include "tests/host/lines/lines.h"
#include <stdio.h>
#include <string.h>

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

/*
 * Faults of one address space, each CPU in page tables of its own and in a part of the file of its own. The
 * file's pages are all in its cache.
 */
#define FAULTS_AT  0x40000000u
#define PART       1024u /* pages: one page table */
#define FILE_PAGES 416u  /* of each CPU */
#define AROUND     16u   /* pages that a read fault maps: faultaround= */
static struct mm *space;
static u32 next_page[CPUS]; /* that a CPU touches in the region that is measured */

static int file_read(struct mapping *mapping, struct page *page)
{
    page_zero(page);
    return 0;
}
static u64 file_size(struct mapping *mapping)
{
    return (u64)CPUS * PART << PAGE_SHIFT;
}
static atomic_t file_refs;
static void file_get(struct mapping *mapping)
{
    atomic_inc(&file_refs);
}
static void file_put(struct mapping *mapping)
{
    atomic_dec(&file_refs);
}
static const struct mapping_ops file_ops = {
    .kind = "file", .read_page = file_read, .size = file_size, .get = file_get, .put = file_put};
static struct mapping file;

static void file_make(void)
{
    mapping_init(&file, &file_ops, NULL);
    for (u32 i = 0; i < CPUS * FILE_PAGES; i++) {
        int error;
        struct page *page = mapping_read(&file, i / FILE_PAGES * PART + i % FILE_PAGES, &error);
        assert(page);
        page_put(page);
    }
}

/* A fresh region for a row, where the last one's was; nobody runs in the space. */
static void map_fresh(struct mapping *mapping, u32 flags)
{
    struct mmap_request request = {.addr = FAULTS_AT,
                                   .length = CPUS * PDE_SIZE,
                                   .vm_flags = VM_READ | VM_WRITE | VM_MAYWRITE | flags,
                                   .how = MM_FIXED,
                                   .mapping = mapping};
    s32 at = mm_mmap(space, &request);

    assert(at == (s32)FAULTS_AT);
    memset(next_page, 0, sizeof next_page);
}

static void store_next(void)
{
    int error = user_store_u32(FAULTS_AT + cpu_id() * PDE_SIZE + next_page[cpu_id()]++ * PAGE_SIZE, 1);

    assert(!error);
}
static void load_around_next(void)
{
    u32 value, page = AROUND * next_page[cpu_id()]++;
    int error = user_load_u32(FAULTS_AT + cpu_id() * PDE_SIZE + page * PAGE_SIZE, &value);

    assert(!error);
}

/* What `none` asks: no shared line under any protocol, or under the one that takes no lock. */
enum none { SOME, NONE, NONE_UNDER_SEQ };
static const struct row {
    const char *name;
    void (*operation)(void);
    u32 each; /* pairs in one operation */
    u32 run;  /* operations of each CPU */
    enum none none;
    enum { NOWHERE, ANONYMOUS, SHARED_FILE, PRIVATE_FILE } region; /* in which it faults */
    bool has_frame; /* this CPU's cache has a frame for it: refills are another row's */
} rows[] = {
    {"page alloc + free, cache hit", frame_hit, 1, RUN, NONE, NOWHERE, false},
    {"page alloc + free, refills included", frame_refill, 100, RUN, SOME, NOWHERE, false},
    {"kmalloc + kfree, magazine hit", object_hit, 1, RUN, NONE, NOWHERE, false},
    {"kvalloc + kvfree, 1 page", window_page, 1, RUN, SOME, NOWHERE, false},
    {"anonymous write fault, refills included", store_next, 1, RUN, SOME, ANONYMOUS, false},
    {"anonymous write fault, cache hit", store_next, 1, RUN, NONE_UNDER_SEQ, ANONYMOUS, true},
    {"shared file write fault", store_next, 1, RUN, NONE_UNDER_SEQ, SHARED_FILE, false},
    {"private file write fault, cache hit", store_next, 1, RUN, NONE_UNDER_SEQ, PRIVATE_FILE, true},
    {"file read fault, 16 pages", load_around_next, 1, 12, NONE_UNDER_SEQ, PRIVATE_FILE, false},
};
static u32 failed;

static void work(void *arg)
{
    const struct row *row = arg;

    if (row->region) {
        mm_get_user(space);
        mm_switch_task(space);
    }
    for (u32 i = 0; i < row->run; i++) {
        /* An interrupt in the middle would count what it does, and whom it wakes, as the operation's; a fault
         * must have them on, and takes what comes. */
        irqflags_t flags = row->none == NONE ? irq_save() : 0;
        if (row->has_frame)
            page_put(page_alloc(GFP_USER));
        lines_operation_begin();
        row->operation();
        lines_operation_done();
        if (row->none == NONE)
            irq_restore(flags);
    }
    if (row->region)
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

#define SHOWN 8u /* of the lines that should not be there */
static u32 shown;
static void show_line(u32 address, u64 writes)
{
    if (shown++ < SHOWN)
        printf("  # line %#x: %llu times\n", address, (unsigned long long)writes);
}

/* The nodes of a file's tree lie in its pages: those near the root belong to one CPU's part, whose fault
 * writes them once, and all CPUs look through them. */
#define TREE_TOP 4u

static bool is_too_many(const struct row *row, u64 shared)
{
    bool of_file = row->region == SHARED_FILE || row->region == PRIVATE_FILE;

    if (row->none == SOME || (row->none == NONE_UNDER_SEQ && !faultlock_is(&faultlock_seq)))
        return false;
    return shared > (of_file ? TREE_TOP : 0);
}

static void measure(void *unused)
{
    space = mm_create();
    assert(space);
    file_make();
    for (u32 i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lines_sum sum;
        if (rows[i].region)
            map_fresh(rows[i].region == ANONYMOUS ? NULL : &file,
                      rows[i].region == SHARED_FILE ? VM_SHARED : 0);
        on_every_cpu(&rows[i]); /* warm: caches full, magazines made */
        lines_forget();
        on_every_cpu(&rows[i]);
        lines_sum(&sum);
        u64 pairs = (u64)sum.operations * rows[i].each;
        bool fails = is_too_many(&rows[i], sum.shared);
        printf("%sok %u - lines %s: %llu.%02llu cache lines written each, %llu.%02llu of them shared\n",
               fails ? "not " : "", i + 1, rows[i].name, (unsigned long long)(sum.written / pairs),
               (unsigned long long)(sum.written * 100 / pairs % 100),
               (unsigned long long)(sum.shared / pairs),
               (unsigned long long)(sum.shared * 100 / pairs % 100));
        if (fails) {
            shown = 0;
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
