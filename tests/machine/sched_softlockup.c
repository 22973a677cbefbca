/*
 * The soft-lockup watch: a CPU that cannot switch tasks ends the run, and says for which lock it spins and
 * who holds it. The ticks are played, so that no test waits twenty seconds.
 */
#include "lib/string.h"
#include "sched/runq.h"
#include "tests/machine/expect_panic.h"
#include "tests/scenario.h"

#define PLAYED_TICKS 100000u

struct spin {
    struct spinlock lock;
    u32 held, stop;
};

static void hold(void *arg)
{
    struct spin *s = arg;

    spin_lock(&s->lock);
    store_release(&s->held, 1u);
    while (!load_acquire(&s->stop))
        spin_relax();
    spin_unlock(&s->lock);
}

static lock_implementation void play_ticks(void *unused)
{
    irqflags_t flags = irq_save();

    for (u32 i = 0; i < PLAYED_TICKS; i++)
        watchdog_tick(runq_here(), false);
    irq_restore(flags);
}

TEST(sched_softlockup, .cpus = 2, .limit_ticks = 3000,
     .shows = "a CPU that has not switched for too long ends the run with the chain of those who spin")
{
    test_expect_panic("has not been able to switch tasks", play_ticks, NULL);
}

static void want(void *arg)
{
    struct spin *s = arg;

    spin_lock(&s->lock);
    spin_unlock(&s->lock);
}

TEST(sched_spin_chain, .cpus = 4, .limit_ticks = 3000,
     .shows = "of a CPU that spins the chain says for which lock, and which CPU holds it")
{
    static struct spin s;
    struct scene *scene = scene_begin();
    char text[CHAIN_MAX];

    s = (struct spin){.stop = 0};
    spinlock_init(&s.lock, "spun_for", NONE);
    u32 here = cpu_id();
    struct actor *holder = actor_start(scene, here + 1, hold, &s);
    scene_await(&s.held);
    struct actor *waiter = actor_start(scene, here + 2, want, &s);
    while (READ_ONCE(per_cpu(spins_for, (here + 2) % cpu_count()).lock) != &s.lock)
        task_yield();
    sched_wait_chain(actor_task(waiter), text, sizeof text);
    test_note("%s", text);
    check(strstr(text, "and spins for spun_for") && strstr(text, ", held by CPU "));
    store_release(&s.stop, 1u);
    actor_join(scene, holder);
    actor_join(scene, waiter);
    scene_end(scene);
}
