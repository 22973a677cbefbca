/*
 * A CPU flushes at most once for many requests. CPU 1 runs in the space with interrupts off and answers
 * nobody, until every other CPU has asked it for a flush of a page of its own. Whatever it answers first, it
 * makes all of them.
 */
#include "diag/counters.h"
#include "mm/table/shootdown.h"
#include "tests/scenario.h"

struct late {
    struct mm *mm;
    vaddr_t base;
    u32 holding, release;
    atomic_t posted;
    u32 made, spared; /* by CPU 1, for those requests */
};

static u32 here(enum counter c)
{
    return this_cpu(counters).n[c];
}

/* On CPU 1. */
static void answer_late(void *arg)
{
    struct late *l = arg;
    irqflags_t flags;

    user_store(l->base, 1);
    flags = irq_save();
    u32 made = here(COUNT_flush_made), spared = here(COUNT_flush_spared);
    store_release(&l->holding, 1);
    while (!load_acquire(&l->release))
        cpu_relax();
    crosscall_poll();
    l->made = here(COUNT_flush_made) - made;
    l->spared = here(COUNT_flush_spared) - spared;
    irq_restore(flags);
}

/* On each of the others, between its posting and its waiting: the last one lets CPU 1 go. */
static void posted(void *arg)
{
    struct late *l = arg;

    if (cpu_id() != 1 && atomic_inc(&l->posted) == (int)cpu_count() - 1)
        store_release(&l->release, 1);
}

static void ask(void *arg)
{
    struct late *l = arg;
    vaddr_t page = l->base + cpu_id() * PAGE_SIZE;

    shootdown_range(l->mm, page, page + PAGE_SIZE);
}

TEST(shootdown_once, .cpus = 3,
     .shows = "a CPU that answers late flushes once, for all the requests that were made meanwhile")
{
    struct scene *s = scene_begin();
    struct late l = {.mm = scene_mm(s), .base = scene_mmap(s, MAX_CPUS, VM_RW)};

    actor_start(s, 1, answer_late, &l);
    while (!load_acquire(&l.holding))
        task_yield();
    refusal_pause(); /* CPU 1 answers nobody until all have asked */
    race_action(R42, posted, &l);
    /* CPU 0 last: it is where this task runs, and who asks there lets nobody in before all have asked. */
    for (u32 cpu = cpu_count(); cpu-- > 0;)
        if (cpu != 1)
            actor_start(s, cpu, ask, &l);
    scene_join(s);
    refusal_resume();
    check_eq(l.made, 1);
    check_eq(l.spared, cpu_count() - 2);
    scene_end(s);
}
