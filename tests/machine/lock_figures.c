/*
 * Figures of the locks: what an uncontended pair costs, how much work several CPUs get done under one lock,
 * and how evenly they share it. `make smp-test TEST='lock_figures*' SEED=1` counts instructions: there each
 * takes 128 cycles.
 */
#include "arch/clock.h"
#include "sync/lock_watch.h"
#include "sync/mutex.h"
#include "sync/rwsem.h"
#include "tests/scenario.h"

#define PAIRS  1000u
#define RUN_NS 150000000u

struct figures {
    struct spinlock spin;
    struct mutex mutex;
    struct rwsem rwsem;
    const struct kind *kind;
    u32 ready, go, stop, value;
    u32 turns[MAX_CPUS]; /* each its own task's */
};
struct kind {
    const char *name;
    void (*pair)(struct figures *f);
    bool writes; /* each pair adds one to `value` */
};

static void spin_pair(struct figures *f)
{
    spin_lock(&f->spin);
    f->value++;
    spin_unlock(&f->spin);
}
static void mutex_pair(struct figures *f)
{
    mutex_lock(&f->mutex);
    f->value++;
    mutex_unlock(&f->mutex);
}
static lock_implementation void read_pair(struct figures *f)
{
    rwsem_read_lock(&f->rwsem);
    (void)READ_ONCE(f->value);
    rwsem_read_unlock(&f->rwsem);
}
static lock_implementation void write_pair(struct figures *f)
{
    rwsem_write_lock(&f->rwsem);
    f->value++;
    rwsem_write_unlock(&f->rwsem);
}
static const struct kind kinds[] = {
    {"spinlock", spin_pair, true},
    {"mutex", mutex_pair, true},
    {"rwsem, read", read_pair, false},
    {"rwsem, write", write_pair, true},
};

static void figures_init(struct figures *f)
{
    *f = (struct figures){.stop = 0};
    spinlock_init(&f->spin, "figures_spin", NONE);
    mutex_init(&f->mutex, "figures_mutex", NONE);
    rwsem_init(&f->rwsem, "figures_rwsem", NONE);
}

/* The shortest of many, in cycles: nothing came between. */
static u32 shortest_pair(struct figures *f, const struct kind *kind)
{
    u32 least = ~0u;

    for (u32 i = 0; i < PAIRS; i++) {
        u32 start = (u32)cpu_cycles();
        kind->pair(f);
        least = MIN(least, (u32)cpu_cycles() - start);
    }
    return least;
}

TEST(lock_figures_uncontended, .shows = "the cost of an uncontended pair of each lock, unwatched and watched")
{
    static struct figures f;
    unsigned watched = lock_watch_on;
    __typeof__(trace_mask) traced = trace_mask;

    figures_init(&f);
    WRITE_ONCE(trace_mask, 0);
    for (u32 k = 0; k < ARRAY_SIZE(kinds); k++) {
        WRITE_ONCE(lock_watch_on, 0);
        u32 plain = shortest_pair(&f, &kinds[k]);
        WRITE_ONCE(lock_watch_on, LOCK_WATCH_DEP);
        u32 lockdep = shortest_pair(&f, &kinds[k]);
        WRITE_ONCE(lock_watch_on, watched);
        test_note("%-12s %6u cycles, with lockdep %6u (of 128 an instruction under SEED=: %u, %u)",
                  kinds[k].name, plain, lockdep, plain / 128, lockdep / 128);
        check(plain != 0 && lockdep != 0);
    }
    WRITE_ONCE(trace_mask, traced);
}

struct worker {
    struct figures *f;
    u32 number;
};
static void work(void *arg)
{
    struct worker *w = arg;

    __atomic_fetch_add(&w->f->ready, 1, __ATOMIC_SEQ_CST);
    while (!load_acquire(&w->f->go))
        spin_relax(); /* all begin together, whenever the host let each of them start */
    while (!load_acquire(&w->f->stop)) {
        w->f->kind->pair(w->f);
        WRITE_ONCE(w->f->turns[w->number], w->f->turns[w->number] + 1);
    }
}

/* On a busy host a virtual CPU may not have run at all in that time. */
static bool everyone_had_a_turn(const struct figures *f, u32 n)
{
    for (u32 i = 0; i < n; i++)
        if (READ_ONCE(f->turns[i]) == 0)
            return false;
    return true;
}

/* All turns of n CPUs, and the most and fewest of one. */
static u32 run_on(struct figures *f, u32 n, u32 *most, u32 *fewest)
{
    static struct worker workers[MAX_CPUS];
    struct task *task[MAX_CPUS];
    u32 all = 0;

    f->ready = f->go = 0;
    store_release(&f->stop, 0u);
    f->value = 0;
    for (u32 i = 0; i < n; i++) {
        f->turns[i] = 0;
        workers[i] = (struct worker){f, i};
        task[i] = obtain(task_create_kernel("worker", work, &workers[i]));
        assert(task[i] != NULL);
        task_pin(task[i], i);
        task_start(task[i]);
    }
    while (READ_ONCE(f->ready) != n)
        task_yield();
    store_release(&f->go, 1u);
    do {
        task_set_state(TASK_UNINTERRUPTIBLE);
        (void)task_sleep_until(clock_ns() + (refusal_wanted() ? RUN_NS / 50 : RUN_NS));
    } while (!everyone_had_a_turn(f, n));
    store_release(&f->stop, 1u);
    *most = 0;
    *fewest = ~0u;
    for (u32 i = 0; i < n; i++) {
        task_join(task[i]);
        task_put(task[i]);
        all += f->turns[i];
        *most = MAX(*most, f->turns[i]);
        *fewest = MIN(*fewest, f->turns[i]);
    }
    return all;
}

TEST(lock_figures_contended, .cpus = 2, .limit_ticks = 4000,
     .shows =
         "pairs done on 1, 2 and 4 CPUs under one lock, as a ratio to one CPU; most and fewest of one CPU")
{
    static struct figures f;
    unsigned watched = lock_watch_on;
    u32 most, fewest;

    figures_init(&f);
    WRITE_ONCE(lock_watch_on, 0); /* the locks' own figures, not those of who watches them */
    for (u32 k = 0; k < ARRAY_SIZE(kinds); k++) {
        f.kind = &kinds[k];
        u32 alone = run_on(&f, 1, &most, &fewest);
        for (u32 n = 2; n <= MIN(cpu_count(), 4u); n *= 2) {
            u32 all = run_on(&f, n, &most, &fewest);
            test_note("%-12s %u CPUs: %u.%02u of one CPU's %u; one CPU had %u to %u, max/min %u.%02u",
                      f.kind->name, n, all / alone, all % alone * 100 / alone, alone, fewest, most,
                      most / MAX(fewest, 1u), most % MAX(fewest, 1u) * 100 / MAX(fewest, 1u));
            check_eq(f.value, f.kind->writes ? all : 0); /* no turn ran beside another */
        }
    }
    WRITE_ONCE(lock_watch_on, watched);
}
