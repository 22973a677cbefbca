/*
 * S02: an interrupt fills a kernel buffer, whatever task it interrupts. A task on CPU 0 plays the device's
 * controller: it queues a request and raises the interrupt that completes it on another CPU (to the CPU that
 * takes it, an inter-processor interrupt is one like any other), where one of eight tasks runs, each in an
 * address space of its own. The handler writes the request's pattern into a kmalloc'ed and a kvalloc'ed
 * buffer, through whatever CR3 holds at that moment. BOOT=scale=25 makes the 100,000 completions of the row.
 */
#include "arch/atomic.h"
#include "mm/kernel/kvalloc.h"
#include "mm/kernel/slab.h"
#include "sync/crosscall.h"
#include "tests/scale.h"
#include "tests/scenario.h"

#define SPACES      8u
#define COMPLETIONS 4000u
#define WORDS       (2 * PAGE_SIZE / 4)
#define STRIDE      64u /* one word of each cache line and more: the buffers are two pages each */

struct device {
    u32 *direct, *window;    /* the buffers: kmalloc, kvalloc */
    u32 request;             /* what the next completion writes */
    u32 completed, in_tasks; /* in_tasks: with a task's address space loaded, and not the kernel's own */
    atomic_t running;        /* tasks that have begun */
    u32 stop;
};

static u32 word_of(u32 request, u32 i)
{
    return (request * 2654435761u) ^ (i * 40503u);
}

/* In the interrupt. */
static void complete_request(void *arg)
{
    struct device *d = arg;

    check(in_interrupt() || !irq_enabled());
    for (u32 i = 0; i < WORDS; i += STRIDE) {
        d->direct[i] = word_of(d->request, i);
        d->window[i] = ~word_of(d->request, i);
    }
    d->in_tasks += cpu_local()->loaded_space != &kernel_space;
    store_release(&d->completed, d->completed + 1);
}

static bool is_right(const struct device *d)
{
    for (u32 i = 0; i < WORDS; i += STRIDE)
        if (d->direct[i] != word_of(d->request, i) || d->window[i] != ~word_of(d->request, i))
            return false;
    return true;
}

struct victim {
    struct device *device;
    vaddr_t page;
};

/* What is interrupted: a program that touches its own memory. */
static void run_until_stopped(void *arg)
{
    struct victim *v = arg;

    atomic_inc(&v->device->running);
    for (u32 i = 0; !load_acquire(&v->device->stop); i++) {
        user_store(v->page, i);
        check_eq(user_load(v->page), i);
        if (i % 64 == 0)
            task_yield(); /* two of us share a CPU */
    }
}

static vaddr_t map_one(struct mm *mm)
{
    struct mmap_request request = {.length = PAGE_SIZE, .vm_flags = VM_RW | VM_MAYWRITE};
    s32 addr = mm_mmap(mm, &request);

    check(!mm_is_error(addr));
    return (vaddr_t)addr;
}

/* On CPU 0: an interrupt is always another CPU's. */
static void drive(void *arg)
{
    struct device *d = arg;
    u32 wrong = 0;

    while (atomic_read(&d->running) < (int)SPACES)
        task_yield();
    for (u32 n = 0; n < COMPLETIONS * test_scale && !wrong; n++) {
        struct cpumask one = cpumask_of(1 + n % (cpu_count() - 1));
        d->request = n;
        crosscall(&one, complete_request, d);
        wrong += load_acquire(&d->completed) != n + 1 || !is_right(d);
        if (n % 256 == 0)
            task_yield();
    }
    check_eq(wrong, 0);
}

TEST(s02_interrupt_buffers, .cpus = 2, .limit_ticks = 60000,
     .shows = "interrupts fill kmalloc'ed and kvalloc'ed buffers whatever address space they interrupt")
{
    struct device d = {.direct = kmalloc(2 * PAGE_SIZE, GFP_KERNEL),
                       .window = kvalloc(2 * PAGE_SIZE, "s02", 0)};
    struct victim victims[SPACES];
    struct mm *spaces[SPACES];
    struct scene *s = scene_begin();

    check(d.direct && d.window);
    for (u32 i = 0; i < SPACES; i++) {
        spaces[i] = mm_create();
        check(spaces[i] != NULL);
        victims[i] = (struct victim){&d, map_one(spaces[i])};
        actor_start_in(s, spaces[i], 1 + i % (cpu_count() - 1), run_until_stopped, &victims[i]);
    }
    actor_run(s, 0, drive, &d);
    store_release(&d.stop, 1u);
    check_eq(d.completed, COMPLETIONS * test_scale);
    test_note("%u completions, %u of them in the address space of one of %u tasks", d.completed, d.in_tasks,
              SPACES);
    check(d.in_tasks > 0);
    for (u32 i = 0; i < SPACES; i++)
        mm_put_user(spaces[i]);
    scene_end(s);
    kfree(d.direct);
    kvfree(d.window);
    kvalloc_purge();
}
