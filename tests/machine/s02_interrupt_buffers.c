/*
 * S02: an interrupt fills a kernel buffer, whatever task it interrupts. A task on CPU 0 plays the devices'
 * controller: it queues a request for each of the other CPUs and raises the interrupt that completes it there
 * (to the CPU that takes it, an inter-processor interrupt is one like any other), where eight tasks run, each
 * in an address space of its own. The handler writes the request's pattern into a kmalloc'ed and a kvalloc'ed
 * buffer, through whatever CR3 holds at that moment.
 */
#include "arch/atomic.h"
#include "mm/kernel/kvalloc.h"
#include "mm/kernel/slab.h"
#include "sync/crosscall.h"
#include "tests/machine/interrupted.h"
#include "tests/refusal.h"
#include "tests/scale.h"

#define BRIEF  300u    /* rounds, of a completion on each of the other CPUs */
#define FULL   100000u /* S02: completions */
#define WORDS  (2 * PAGE_SIZE / 4)
#define STRIDE 64u /* one word of each cache line and more: the buffers are two pages each */

static u32 rounds(void)
{
    u32 targets = cpu_count() - 1;

    return refusal_wanted() ? BRIEF / 10 : test_count(BRIEF, (FULL + targets - 1) / targets);
}

struct device {
    u32 *direct, *window; /* the buffers: kmalloc, kvalloc */
    u32 completed;
    u32 in[INTERRUPTED]; /* completed with this task's address space loaded, and not the kernel's own */
};
struct controller {
    struct device device[MAX_CPUS]; /* each interrupts its own CPU */
    struct interrupted programs;
    u32 request; /* what the next completions write */
};

static u32 word_of(u32 request, u32 i)
{
    return (request * 2654435761u) ^ (i * 40503u);
}

/* In the interrupt. */
static void complete_request(void *arg)
{
    struct controller *c = arg;
    struct device *d = &c->device[cpu_id()];
    u32 program = interrupted_here(&c->programs);

    check(in_interrupt() || !irq_enabled());
    for (u32 i = 0; i < WORDS; i += STRIDE) {
        d->direct[i] = word_of(c->request, i);
        d->window[i] = ~word_of(c->request, i);
    }
    if (program < INTERRUPTED)
        d->in[program]++;
    store_release(&d->completed, d->completed + 1);
}

static bool is_right(const struct device *d, u32 request)
{
    for (u32 i = 0; i < WORDS; i += STRIDE)
        if (d->direct[i] != word_of(request, i) || d->window[i] != ~word_of(request, i))
            return false;
    return load_acquire(&d->completed) == request + 1;
}

/* On CPU 0: an interrupt is always another CPU's. */
static void drive(void *arg)
{
    struct controller *c = arg;
    struct cpumask others = {{0}};
    u32 wrong = 0, all = rounds();

    for (u32 cpu = 1; cpu < cpu_count(); cpu++)
        cpumask_set(&others, cpu);
    interrupted_await(&c->programs);
    for (u32 n = 0; n < all && !wrong; test_progress(++n, all)) {
        c->request = n;
        crosscall(&others, complete_request, c);
        for (u32 cpu = 1; cpu < cpu_count(); cpu++)
            wrong += !is_right(&c->device[cpu], n);
        task_yield(); /* a slow host's watchdog wants to see a switch now and then */
    }
    check_eq(wrong, 0);
}

static void make_devices(struct controller *c)
{
    for (u32 cpu = 1; cpu < cpu_count(); cpu++) {
        struct device *d = &c->device[cpu];
        *d = (struct device){.direct = obtain(kmalloc(2 * PAGE_SIZE, GFP_KERNEL)),
                             .window = obtain(kvalloc(2 * PAGE_SIZE, "s02", 0))};
        check(d->direct && d->window);
    }
}

static void check_devices(const struct controller *c)
{
    u32 completed = 0, in_tasks = 0, fewest = ~0u;

    for (u32 cpu = 1; cpu < cpu_count(); cpu++) {
        completed += c->device[cpu].completed;
        kfree(c->device[cpu].direct);
        kvfree(c->device[cpu].window);
    }
    kvalloc_purge();
    for (u32 i = 0; i < INTERRUPTED; i++) {
        u32 n = 0;
        for (u32 cpu = 1; cpu < cpu_count(); cpu++)
            n += c->device[cpu].in[i];
        in_tasks += n;
        fewest = MIN(fewest, n);
    }
    test_note("%u completions, %u of them in the address spaces of %u tasks, at least %u in each", completed,
              in_tasks, INTERRUPTED, fewest);
    check_eq(completed, rounds() * (cpu_count() - 1));
    check(in_tasks > 0);
}

TEST(s02_interrupt_buffers, .cpus = 2, .limit_ticks = 60000,
     .shows = "interrupts fill kmalloc'ed and kvalloc'ed buffers whatever address space they interrupt")
{
    static struct controller c;

    c = (struct controller){.request = 0};
    make_devices(&c);
    struct scene *s = scene_begin();
    interrupted_start(&c.programs, s, 1);
    actor_run(s, 0, drive, &c);
    interrupted_end(&c.programs, s);
    scene_end(s);
    check_devices(&c);
}
