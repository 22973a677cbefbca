/* R44: an idle CPU may keep the last program's directory loaded; it must leave it before the directory is
 * freed. */
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

TEST(r44_lazy_tlb, .cpus = 3,
     .shows = "a CPU that idles in a dead space's directory leaves it before the directory is freed")
{
    struct scene *s = scene_begin();
    struct sleeper sl = {.page = scene_mmap(s, 1, VM_RW)};
    const struct space *dead = &scene_mm(s)->space;

    completion_init(&sl.may_end);
    struct actor *a = actor_start(s, 1, sleep_in_space, &sl);
    while (!load_acquire(&sl.slept))
        task_yield();
    actor_settle(a); /* CPU 1 idles now, with the scene's directory still loaded */
    check_eq(task_set_affinity(actor_task(a), cpumask_of(2)), 0);
    complete(&sl.may_end);
    actor_join(s, a);
    scene_end(s); /* tears the space down */
    note_all_loaded();
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        if (loaded[cpu] == dead)
            test_fail(__FILE__, __LINE__, "CPU %u still has the freed directory loaded", cpu);
}
