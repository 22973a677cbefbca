/*
 * R42: two CPUs shoot each other at the same moment, both with interrupts off: both must answer while they
 * wait.
 *
 * Each round both have posted their call before either begins to wait: they meet at R42. Before it they meet
 * once more, answering, so that no call of the round before is still open.
 */
#include "sync/crosscall.h"
#include "tests/scenario.h"

#define ROUNDS scene_count(50u, 2u)

struct duel {
    struct task *duellist[2];
    atomic_t before, silent, inside; /* arrivals at the three meeting places */
    atomic_t answered;
};

static void meet(atomic_t *arrivals, bool answering)
{
    int turn = atomic_inc(arrivals);

    while (atomic_read_acquire(arrivals) < turn + turn % 2) { /* the first of two waits for the second */
        if (answering)
            crosscall_poll();
        cpu_relax();
    }
}

/* At R42: posted, not yet waiting. Others' calls pass here too. */
static void meet_inside(void *arg)
{
    struct duel *duel = arg;

    if (current == duel->duellist[0] || current == duel->duellist[1])
        meet(&duel->inside, false);
}

static void count_answer(void *arg)
{
    struct duel *duel = arg;
    atomic_inc(&duel->answered);
}
static void shoot(struct duel *duel, u32 me, u32 other)
{
    struct cpumask target = cpumask_of(other % cpu_count());

    WRITE_ONCE(duel->duellist[me], current);
    for (u32 round = 0; round < ROUNDS; round++) {
        meet(&duel->before, true);
        irqflags_t flags = irq_save();
        meet(&duel->silent, false);
        crosscall(&target, count_answer, duel);
        irq_restore(flags);
    }
}
static void shoot_1(void *duel)
{
    shoot(duel, 0, 1);
}
static void shoot_0(void *duel)
{
    shoot(duel, 1, 0);
}

TEST(r42_mutual_shootdown, .cpus = 2, .limit_ticks = 3000,
     .shows = "CPUs that call each other with interrupts off answer each other")
{
    struct scene *s = scene_begin();
    struct duel duel = {.answered = ATOMIC_INIT(0)};

    race_action(R42, meet_inside, &duel);
    struct actor *a = actor_start(s, 0, shoot_1, &duel);
    struct actor *b = actor_start(s, 1, shoot_0, &duel);
    actor_join(s, a);
    actor_join(s, b);
    race_action(R42, NULL, NULL);
    check_eq(atomic_read(&duel.answered), 2 * ROUNDS);
    scene_end(s);
}
