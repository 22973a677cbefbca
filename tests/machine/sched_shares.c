/* How much each task gets: equal shares for equals, and a nice level's worth for others. */
#include "arch/clock.h"
#include "sched/sched.h"
#include "tests/scenario.h"

#define RUN_NS 1500000000ull

struct share {
    u32 stop;
};
static void burn(void *arg)
{
    struct share *s = arg;

    while (!load_acquire(&s->stop))
        cpu_relax();
}

/* Two on one CPU, for a while; what each had of it, in percent. */
static void race_two(int nice, u32 percent[2])
{
    struct share s = {.stop = 0};
    struct task *task[2];
    u64 ran[2];

    for (u32 i = 0; i < 2; i++) {
        task[i] = obtain(task_create_kernel("burner", burn, &s));
        assert(task[i] != NULL);
        task_pin(task[i], 1);
        if (i == 1)
            task_set_nice(task[i], nice);
        task_start(task[i]);
    }
    task_set_state(TASK_UNINTERRUPTIBLE);
    (void)task_sleep_until(clock_ns() + RUN_NS);
    for (u32 i = 0; i < 2; i++)
        ran[i] = task[i]->sum_exec;
    store_release(&s.stop, 1u);
    for (u32 i = 0; i < 2; i++) {
        task_join(task[i]);
        percent[i] = (u32)(ran[i] * 100 / (ran[0] + ran[1]));
        task_put(task[i]);
    }
}

TEST(sched_fair_shares, .cpus = 2, .limit_ticks = 2000,
     .shows = "two equal tasks on one CPU get half of it each")
{
    u32 percent[2];

    race_two(0, percent);
    test_note("%u %% and %u %%", percent[0], percent[1]);
    check(percent[0] >= 35 && percent[0] <= 65);
}

TEST(sched_nice_shares, .cpus = 2, .limit_ticks = 2000,
     .shows = "beside a task at nice 0, one at nice 5 gets a quarter of the CPU")
{
    u32 percent[2];

    race_two(5, percent); /* weights 1024 and 335: 75 % and 25 % */
    test_note("%u %% and %u %%", percent[0], percent[1]);
    check(percent[1] >= 12 && percent[1] <= 38);
}
