/* No wake-up is lost on the way into idle (sched/idle.c). */
#include "arch/clock.h"
#include "sched/sched.h"
#include "sync/waitqueue.h"
#include "tests/scenario.h"

#define ROUNDS  1000u
#define TICK_NS (1000000000u / TICK_HZ)

struct rally {
    struct waitqueue queue[2];
    u32 ball;    /* (a) whose turn it is */
    u32 late;    /* wake-ups that took a tick or more: the tick would hide a lost one */
    u64 sent_at; /* by the one who had the ball */
};
static void play(struct rally *r, u32 me)
{
    for (u32 i = 0; i < ROUNDS; i++) {
        wait_event(&r->queue[me], load_acquire(&r->ball) == me);
        if (clock_ns() - r->sent_at >= TICK_NS)
            r->late++;
        r->sent_at = clock_ns();
        store_release(&r->ball, 1 - me);
        wake_all(&r->queue[1 - me]);
    }
}
static void play_0(void *r)
{
    play(r, 0);
}
static void play_1(void *r)
{
    play(r, 1);
}

TEST(sched_no_wakeup_lost_at_idle, .cpus = 3, .limit_ticks = 6000,
     .shows =
         "two CPUs that wake each other out of idle thousands of times do not wait for the tick to notice")
{
    struct rally r = {.ball = 0, .sent_at = clock_ns()};
    struct scene *s = scene_begin();

    for (u32 i = 0; i < 2; i++)
        waitqueue_init(&r.queue[i]);
    actor_start(s, 2, play_0, &r);
    actor_start(s, 1, play_1, &r);
    scene_end(s);
    test_note("%u of %u wake-ups took a tick or more", r.late, 2 * ROUNDS);
    /* A busy host stops virtual CPUs, too; on the deterministic machine (SEED=1) hardly one is late. */
    check(r.late < 2 * ROUNDS * 9 / 10);
}
