/* The scheduler: placement, affinity, sleep with a limit, timers, shares, and the end of a task. */
#include "arch/clock.h"
#include "lib/errno.h"
#include "sched/sched.h"
#include "tests/host/sync_crew.h"
#include "tests/test.h"

static void note_cpu(void *arg)
{
    *(u32 *)arg = cpu_id();
}

TEST(sched_affinity, .cpus = 3,
     .shows = "a pinned task runs where it was pinned, and moves before the call returns")
{
    struct crew crew = {.n = 0};
    u32 where[3] = {99, 99, 99};

    for (u32 i = 0; i < 3; i++)
        crew_add(&crew, i, note_cpu, &where[i]);
    crew_join(&crew);
    for (u32 i = 0; i < 3; i++)
        check_eq(where[i], i);
    for (u32 i = 0; i < 6; i++) {
        task_pin(current, i % 3);
        check_eq(cpu_id(), i % 3);
    }
    check_eq(task_set_affinity(current, (struct cpumask){{0}}), -EINVAL);
    check_eq(task_set_affinity(current, (struct cpumask){{~0u, ~0u}}), 0);
}

static void sleep_forever(void *arg)
{
    while (!task_is_killed(current)) {
        task_set_state(TASK_KILLABLE);
        if (!task_is_killed(current))
            task_sleep();
    }
    WRITE_ONCE(*(u32 *)arg, 1);
}

TEST(sched_kill_wakes, .cpus = 2,
     .shows = "a kill ends a killable sleep, wherever between test and sleep it comes")
{
    struct crew crew = {.n = 0};
    u32 over = 0;

    struct task *task = crew_add(&crew, 1, sleep_forever, &over);
    task_kill(task);
    crew_join(&crew);
    check_eq(over, 1);
}

TEST(sched_sleep_until, .shows = "a sleep with a limit ends at its limit, not before it, and says so")
{
    u64 deadline = clock_ns() + 20000000;

    task_set_state(TASK_UNINTERRUPTIBLE);
    check(!task_sleep_until(deadline));
    check(clock_ns() >= deadline);
    check_eq(current->state, TASK_RUNNING);
    task_set_state(TASK_UNINTERRUPTIBLE);
    check(!task_sleep_until(0));
    check_eq(current->state, TASK_RUNNING);
}

static void wake_it(void *arg)
{
    while (!task_wake(arg))
        task_yield();
}

TEST(sched_woken_early, .cpus = 2,
     .shows = "a sleep with a limit that is woken says so, and its timer is gone")
{
    struct crew crew = {.n = 0};

    crew_add(&crew, 1, wake_it, current);
    task_set_state(TASK_UNINTERRUPTIBLE);
    check(task_sleep_until(clock_ns() + 60000000000ull));
    crew_join(&crew);
}

static u32 fired;
static void count_fired(struct timer *t)
{
    fired++;
}

TEST(sched_timers, .shows = "timers fire once, in order; a cancelled one never does")
{
    static struct timer early, late, never;

    fired = 0;
    timer_arm(&late, clock_ns() + 40000000, count_fired);
    timer_arm(&never, clock_ns() + 30000000, count_fired);
    timer_arm(&early, clock_ns() + 10000000, count_fired);
    check(timer_cancel(&never));
    check(!timer_cancel(&never));
    while (READ_ONCE(fired) < 2) {
        task_set_state(TASK_UNINTERRUPTIBLE);
        task_sleep_until(clock_ns() + 10000000);
    }
    check(!early.armed && !late.armed);
    check(!timer_cancel(&early));
    check_eq(fired, 2);
}

static void nothing(void *arg) {}

TEST(sched_join, .cpus = 2,
     .shows = "who joins a task has its last reference: its memory is free when he puts it")
{
    for (u32 i = 0; i < 3; i++) {
        struct task *task = task_create_kernel("short", nothing, NULL);
        assert(task != NULL);
        task_start(task);
        task_join(task);
        check_eq(task->state, TASK_DEAD);
        check(!task->on_cpu && !task->on_rq);
        check_eq(atomic_read(&task->refs), 1);
        task_put(task);
    }
}

static u32 stop;
static void compute(void *arg)
{
    while (!load_acquire(&stop))
        continue;
}

TEST(sched_nice,
     .shows = "of two that compute, the one at nice 0 gets about three times the share of the one at nice 5")
{
    struct crew crew = {.n = 0};

    stop = 0;
    struct task *plain = crew_add(&crew, 0, compute, NULL);
    struct task *polite = crew_add(&crew, 0, compute, NULL);
    task_set_nice(polite, 5);
    u64 end = clock_ns() + 300000000;
    while (clock_ns() < end) {
        task_set_state(TASK_UNINTERRUPTIBLE);
        task_sleep_until(end);
    }
    u32 a = (u32)(plain->sum_exec >> 10), b = (u32)(polite->sum_exec >> 10);
    store_release(&stop, 1u);
    crew_join(&crew);
    test_note("shares %u : %u", a, b);
    check(b > 0 && a > 2 * b && a < 5 * b);
}

TEST(sched_pids, .shows = "process numbers are not used again at once")
{
    s32 before = pid_alloc();

    for (u32 i = 0; i < 100; i++) {
        s32 next = pid_alloc();
        check(next > before);
        before = next;
    }
}
