/* R44: a CPU may keep the last program's directory loaded, while it idles or runs a kernel task; it must leave
 * it before the directory is freed. */
#include "diag/counters.h"
#include "mm/table/shootdown.h"
#include "sync/completion.h"
#include "sync/crosscall.h"
#include "tests/scenario.h"

struct sleeper {
    struct completion may_end;
    vaddr_t page;
    u32 slept;
};

static void sleep_in_space(void *arg)
{
    struct sleeper *sl = arg;

    user_store(sl->page, 1);
    store_release(&sl->slept, 1);
    completion_wait(&sl->may_end);
}

static const struct space *loaded[MAX_CPUS];
static void note_loaded(void *arg)
{
    loaded[cpu_id()] = cpu_local()->loaded_space;
}
static void note_all_loaded(void)
{
    struct cpumask all = {{0}};

    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        cpumask_set(&all, cpu);
    crosscall(&all, note_loaded, NULL);
    preempt_disable();
    note_loaded(NULL);
    preempt_enable();
}

/* A kernel task on CPU 1. It sleeps nowhere: an idle CPU might leave by itself. */
static void stay_in_space(void *over)
{
    scene_await(over);
}

/* CPU 1 idles when this returns, in the scene's directory. */
static struct actor *leave_idle(struct scene *s, struct sleeper *sl)
{
    completion_init(&sl->may_end);
    struct actor *a = actor_start(s, 1, sleep_in_space, sl);
    while (!load_acquire(&sl->slept))
        task_yield();
    actor_settle(a);
    return a;
}

TEST(r44_lazy_tlb, .cpus = 3,
     .shows = "a CPU that is busy in a dead space's directory leaves it before the directory is freed")
{
    struct scene *s = scene_begin();
    struct sleeper sl = {.page = scene_mmap(s, 1, VM_RW)};
    const struct space *dead = &scene_mm(s)->space;
    u32 over = 0;

    struct actor *a = leave_idle(s, &sl);
    struct task *borrower = obtain(task_create_kernel("borrower", stay_in_space, &over));
    assert(borrower);
    task_pin(borrower, 1);
    task_start(borrower);
    check_eq(task_set_affinity(actor_task(a), cpumask_of(2)), 0);
    complete(&sl.may_end);
    actor_join(s, a);
    scene_end(s); /* tears the space down */
    note_all_loaded();
    store_release(&over, 1);
    task_join(borrower);
    task_put(borrower);
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        if (loaded[cpu] == dead)
            test_fail(__FILE__, __LINE__, "CPU %u still has the freed directory loaded", cpu);
}

static u32 ipis_sent(void)
{
    return this_cpu(counters).n[COUNT_shootdown_ipi];
}

struct dropper {
    struct mm *mm;
    vaddr_t page;
    u32 sent; /* IPIs, by the flush after CPU 1 had left */
};

static u32 drop_page(const struct dropper *d)
{
    user_store(d->page, 1);
    preempt_disable();
    u32 before = ipis_sent();
    shootdown_range(d->mm, d->page, d->page + PAGE_SIZE);
    u32 sent = ipis_sent() - before;
    preempt_enable();
    return sent;
}

/* One flush is enough but where it comes in the moment in which CPU 1 begins to idle. */
static void drop_until_alone(void *arg)
{
    struct dropper *d = arg;

    while (cpumask_test(&d->mm->space.cpus, 1)) {
        (void)drop_page(d);
        task_yield();
    }
    d->sent = drop_page(d);
}

TEST(
    r44_idle_leaves, .cpus = 3, .limit_ticks = 1500,
    .shows = "a CPU that idles in a space leaves it when it has been asked for a flush, and is asked no more")
{
    struct scene *s = scene_begin();
    struct sleeper sl = {.page = scene_mmap(s, 1, VM_RW)};
    struct dropper d = {.mm = scene_mm(s), .page = scene_mmap(s, 1, VM_RW), .sent = 1};

    struct actor *a = leave_idle(s, &sl);
    actor_run(s, 2, drop_until_alone, &d);
    check_eq(d.sent, 0);
    complete(&sl.may_end);
    actor_join(s, a);
    scene_end(s);
}
