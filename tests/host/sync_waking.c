/* Completion and wait queue: who is woken, and that nobody uses a record whose waiter has gone on. */
#include "sync/completion.h"
#include "tests/host/sync_crew.h"
#include "tests/test.h"

static void complete_it(void *arg)
{
    complete(arg);
}

TEST(sync_completion, .cpus = 2,
     .shows = "a completion on the waiter's stack is done with when the wait returns")
{
    struct crew crew = {.n = 0};

    for (u32 i = 0; i < 3; i++) {
        struct completion done;
        completion_init(&done);
        crew_add(&crew, 1, complete_it, &done);
        completion_wait(&done);
        check(completion_is_done(&done));
        done = (struct completion){.done = 0xDEAD}; /* whoever still uses it trips */
        crew_join(&crew);
    }
}

struct gate {
    struct waitqueue wq;
    u32 open, passed;
};
static void pass_alone(void *arg)
{
    struct gate *g = arg;
    struct waiter w;

    waiter_init(&w);
    for (;;) {
        wait_prepare(&g->wq, &w, TASK_UNINTERRUPTIBLE, true);
        if (READ_ONCE(g->open) > READ_ONCE(g->passed))
            break;
        task_sleep();
    }
    wait_finish(&g->wq, &w);
    __atomic_fetch_add(&g->passed, 1, __ATOMIC_SEQ_CST);
}

TEST(sync_wake_one, .cpus = 2, .shows = "each wake_one lets one exclusive waiter go, and two of them two")
{
    static struct gate g;
    struct crew crew = {.n = 0};

    g = (struct gate){.open = 0};
    waitqueue_init(&g.wq);
    crew_await_sleep(crew_add(&crew, 1, pass_alone, &g));
    crew_await_sleep(crew_add(&crew, 1, pass_alone, &g));
    store_release(&g.open, 1u);
    wake_one(&g.wq);
    while (READ_ONCE(g.passed) == 0)
        task_yield();
    store_release(&g.open, 2u);
    wake_one(&g.wq);
    crew_join(&crew);
    check_eq(g.passed, 2);
}
