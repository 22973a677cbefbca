/*
 * See slow_file.h. The reader sleeps in a completion of its own; a timer on its CPU fills the page and
 * completes. What the scenario changes (hold, failures) is read by the interrupt with plain atomic
 * loads: nothing here needs a lock that the fault under test could meet.
 */
#include "tests/slow_file.h"
#include "arch/clock.h"
#include "diag/assert.h"
#include "lib/errno.h"
#include "mm/kernel/slab.h"
#include "sched/sched.h"
#include "sync/completion.h"
#include "sync/mutex.h"
#include "tests/refusal.h"

#define ENDED_MAX    32u
#define HOLD_POLL_NS 5000000u /* a page that is held asks again at the next tick */

struct slow_page {
    atomic_t held;       /* 1: reads do not end */
    atomic_t failures;   /* reads that are still to fail */
    struct page *stored; /* what was written back; NULL: never */
};

struct slow_file {
    struct mapping mapping;
    u32 pages;
    u64 delay_ns;
    atomic_t holders; /* regions and faults that keep it open */
    atomic_t begun, ended;
    atomic_t writes;
    struct mutex syncing; /* RANK_FILE: one mapping_clean() at a time */
    u32 order[ENDED_MAX];
    struct slow_page page[];
};

struct slow_read {
    struct timer timer;
    struct completion done;
    struct slow_file *file;
    struct page *page;
    int error;
};

static struct slow_file *slow_of(struct mapping *mapping)
{
    return container_of(mapping, struct slow_file, mapping);
}

static struct slow_page *slow_page(struct mapping *mapping, u32 index)
{
    struct slow_file *file = slow_of(mapping);

    assert(index < file->pages);
    return &file->page[index];
}

static bool take_failure(struct slow_page *p)
{
    int left = atomic_read(&p->failures);

    while (left > 0 && !atomic_cmpxchg(&p->failures, left, left - 1))
        left = atomic_read(&p->failures);
    return left > 0;
}

static void fill(struct page *page, struct page *stored)
{
    if (stored) {
        page_copy(page, stored);
        return;
    }
    u32 *word = page_map(page);

    for (u32 i = 0; i < PAGE_SIZE / 4; i++)
        word[i] = page_index(page) * 1024 + i;
    page_unmap(word);
}

/* In the timer interrupt, on the reader's CPU. */
static void read_is_due(struct timer *timer)
{
    struct slow_read *read = container_of(timer, struct slow_read, timer);
    struct slow_page *p = slow_page(&read->file->mapping, page_index(read->page));
    u32 nth;

    if (atomic_read(&p->held)) {
        timer_arm(timer, clock_ns() + HOLD_POLL_NS, read_is_due);
        return;
    }
    read->error = take_failure(p) ? -EIO : 0;
    if (!read->error)
        fill(read->page, p->stored);
    nth = (u32)atomic_inc(&read->file->ended) - 1;
    if (nth < ENDED_MAX)
        read->file->order[nth] = page_index(read->page);
    complete(&read->done); /* `read` is gone from here on */
}

static int slow_read_page(struct mapping *mapping, struct page *page)
{
    struct slow_read read = {.file = slow_of(mapping), .page = page};

    might_sleep();
    assert(page_is_locked(page));
    completion_init(&read.done);
    atomic_inc(&read.file->begun);
    timer_arm(&read.timer, clock_ns() + read.file->delay_ns, read_is_due);
    completion_wait(&read.done);
    return read.error;
}

/* The pages are written one by one, in no time: what is slow here are the reads. */
static int slow_write_page(struct mapping *mapping, struct page *page)
{
    struct slow_page *p = slow_page(mapping, page_index(page));

    assert(page_is_locked(page)); /* so nobody reads it in meanwhile */
    if (!p->stored)
        p->stored = page_alloc(GFP_USER);
    if (!p->stored)
        return -ENOMEM;
    page_copy(p->stored, page);
    atomic_inc(&slow_of(mapping)->writes);
    return 0;
}

static int slow_sync(struct mapping *mapping, u32 first, u32 end)
{
    mutex_lock(&slow_of(mapping)->syncing);
    int error = mapping_clean(mapping, first, end, slow_write_page);
    mutex_unlock(&slow_of(mapping)->syncing);
    return error;
}

static u64 slow_size(struct mapping *mapping)
{
    return (u64)slow_of(mapping)->pages * PAGE_SIZE;
}
static void slow_get(struct mapping *mapping)
{
    atomic_inc(&slow_of(mapping)->holders);
}
static void slow_put(struct mapping *mapping)
{
    int holders = atomic_dec(&slow_of(mapping)->holders);

    assert(holders >= 0);
}

static const struct mapping_ops slow_ops = {
    .kind = "slow file",
    .read_page = slow_read_page,
    .size = slow_size,
    .sync = slow_sync,
    .get = slow_get,
    .put = slow_put,
};

struct mapping *slow_file_create(u32 pages, u64 delay_ns)
{
    struct slow_file *file =
        obtain(kmalloc(sizeof *file + pages * sizeof file->page[0], GFP_KERNEL | GFP_ZERO));

    assert(file != NULL);
    file->pages = pages;
    file->delay_ns = delay_ns;
    mutex_init(&file->syncing, "slow file", FILE);
    mapping_init(&file->mapping, &slow_ops, file);
    return &file->mapping;
}

void slow_file_free(struct mapping *mapping)
{
    assert(slow_file_under_way(mapping) == 0);
    while (atomic_read(&slow_of(mapping)->holders) != 0) {
        task_set_state(TASK_UNINTERRUPTIBLE);
        (void)task_sleep_until(clock_ns() + HOLD_POLL_NS);
    }
    mapping_drop(mapping, 0);
    for (u32 i = 0; i < slow_of(mapping)->pages; i++)
        if (slow_of(mapping)->page[i].stored)
            page_put(slow_of(mapping)->page[i].stored);
    kfree(slow_of(mapping));
}

void slow_file_hold(struct mapping *file, u32 index)
{
    atomic_set(&slow_page(file, index)->held, 1);
}
void slow_file_let_go(struct mapping *file, u32 index)
{
    atomic_set(&slow_page(file, index)->held, 0);
}
void slow_file_fail(struct mapping *file, u32 index, u32 times)
{
    atomic_set(&slow_page(file, index)->failures, (int)times);
}

u32 slow_file_reads(struct mapping *file)
{
    return (u32)atomic_read(&slow_of(file)->begun);
}
u32 slow_file_under_way(struct mapping *file)
{
    u32 ended =
        (u32)atomic_read(&slow_of(file)->ended); /* first: a read that begins meanwhile counts as under way */

    return slow_file_reads(file) - ended;
}

u32 slow_file_ended(struct mapping *file, u32 n)
{
    assert(n < ENDED_MAX && n < (u32)atomic_read(&slow_of(file)->ended));
    return slow_of(file)->order[n];
}

u32 slow_file_writes(struct mapping *file)
{
    return (u32)atomic_read(&slow_of(file)->writes);
}

u32 slow_file_stored(struct mapping *file, u32 index, u32 word)
{
    struct page *stored = slow_page(file, index)->stored;
    u32 *words, value;

    if (!stored)
        return index * 1024 + word;
    words = page_map(stored);
    value = words[word];
    page_unmap(words);
    return value;
}
