/* R42: two CPUs shoot each other at the same moment, both with interrupts off: both must answer while they
 * wait. */
#include "sync/crosscall.h"
#include "tests/scenario.h"

#define ROUNDS 2000u

struct duel {
    u32 ready[2];
    atomic_t answered;
};

static void count_answer(void *arg)
{
    struct duel *duel = arg;
    atomic_inc(&duel->answered);
}
static void shoot(struct duel *duel, u32 me, u32 other)
{
    struct cpumask target = cpumask_of(other % cpu_count());

    store_release(&duel->ready[me], 1);
    scene_await(&duel->ready[other]);
    for (u32 round = 0; round < ROUNDS; round++) {
        irqflags_t flags = irq_save();
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

    actor_start(s, 0, shoot_1, &duel);
    actor_start(s, 1, shoot_0, &duel);
    scene_end(s);
    check_eq(atomic_read(&duel.answered), 2 * ROUNDS);
}
