/*
 * No wake-up is lost on the way into idle (sched/idle.c). The tick would hide one that is, so it is stopped
 * on the two CPUs: what is lost then stays asleep until the watchdog comes.
 */
#include "arch/x86/lapic.h"
#include "sched/sched.h"
#include "sync/waitqueue.h"
#include "tests/scenario.h"

#define ROUNDS 1000u

struct rally {
    struct waitqueue queue[2];
    u32 ball;  /* (a) whose turn it is */
    u32 turns; /* by the one who has the ball */
};
static void play(struct rally *r, u32 me)
{
    lapic_timer_stop();
    for (u32 i = 0; i < ROUNDS; i++) {
        wait_event(&r->queue[me], load_acquire(&r->ball) == me);
        r->turns++;
        store_release(&r->ball, 1 - me);
        wake_all(&r->queue[1 - me]);
    }
    lapic_timer_start();
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
     .shows = "two CPUs without a tick wake each other out of idle, thousands of times")
{
    struct rally r = {.ball = 0};
    struct scene *s = scene_begin();

    for (u32 i = 0; i < 2; i++)
        waitqueue_init(&r.queue[i]);
    actor_start(s, 2, play_0, &r);
    actor_start(s, 1, play_1, &r);
    scene_end(s);
    check_eq(r.turns, 2 * ROUNDS);
}
