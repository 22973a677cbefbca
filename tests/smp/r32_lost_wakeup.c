/* R32: a wake-up that comes between the test of the condition and the sleep. Queue first, then test. */
#include "lib/errno.h"
#include "sync/waitqueue.h"
#include "tests/scenario.h"

struct gate {
    struct waitqueue queue;
    u32 open;
};

static void wait_for_gate(void *arg)
{
    struct gate *gate = arg;
    wait_event(&gate->queue, load_acquire(&gate->open));
}

TEST(r32_lost_wakeup, .cpus = 2, .limit_ticks = 1500,
     .shows = "a wake-up between the test and the sleep is not lost")
{
    struct scene *s = scene_begin();
    struct gate gate = {.open = 0};

    waitqueue_init(&gate.queue);
    scene_stop(s, R32);
    struct actor *sleeper = actor_start(s, 1, wait_for_gate, &gate);
    if (scene_wait_caught(s, R32)) {
        store_release(&gate.open, 1);
        wake_all(&gate.queue);
        scene_release(s, R32);
    }
    actor_join(s, sleeper);
    scene_end(s);
}
