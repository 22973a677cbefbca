/* RCU, reference counts and sequences. */
#include "arch/clock.h"
#include "sync/rcu.h"
#include "sync/refcount.h"
#include "sync/seqcount.h"
#include "tests/host/sync_crew.h"
#include "tests/test.h"

struct thing {
    u32 alive;
};
static struct thing first, second;
static struct thing *published;

static void read_published(void *arg)
{
    for (u32 i = 0; i < 4; i++) {
        rcu_read_lock();
        struct thing *seen = rcu_read(published);
        choice_point(seen);
        check_eq(READ_ONCE(seen->alive), 1);
        rcu_read_unlock();
    }
}

TEST(sync_rcu_grace, .cpus = 2, .shows = "what a reader found stays until it is out, however late that is")
{
    struct crew crew = {.n = 0};

    first.alive = second.alive = 1;
    rcu_assign(published, &first);
    crew_add(&crew, 1, read_published, NULL);
    rcu_assign(published, &second);
    rcu_synchronize();
    WRITE_ONCE(first.alive, 0); /* "freed" */
    crew_join(&crew);
}

static u32 calls;
static void count_call(struct rcu_head *head)
{
    WRITE_ONCE(calls, calls + 1);
}

TEST(sync_rcu_call, .cpus = 2, .shows = "deferred calls run once each, after a grace period")
{
    static struct rcu_head heads[3];

    calls = 0;
    for (u32 i = 0; i < 3; i++)
        rcu_call(&heads[i], count_call);
    for (u32 i = 0; i < 100 && READ_ONCE(calls) < 3; i++) {
        task_set_state(TASK_UNINTERRUPTIBLE);
        task_sleep_until(clock_ns() + 20000000);
    }
    check_eq(READ_ONCE(calls), 3);
}

TEST(sync_refcount, .shows = "a count goes down to its last reference once, and sticks when it goes wrong")
{
    struct refcount r = REFCOUNT_INIT(1);

    refcount_get(&r);
    check(!refcount_put(&r));
    check(refcount_put(&r));
    check(!refcount_get_unless_zero(&r));
    refcount_get(&r); /* from the dead */
    check_eq(refcount_read(&r), REFCOUNT_SATURATED);
    refcount_get(&r);
    check(!refcount_put(&r));
    check(refcount_read(&r) < 0);
}

static struct seqcount seq;
static u32 left, right;
static void write_pairs(void *arg)
{
    for (u32 i = 1; i <= 4; i++) {
        preempt_disable();
        seq_write_begin(&seq);
        WRITE_ONCE(left, i);
        choice_point(&left);
        WRITE_ONCE(right, i);
        seq_write_end(&seq);
        preempt_enable();
    }
}
static void read_pairs(void *arg)
{
    for (u32 i = 0; i < 4; i++) {
        u32 n, l, r;
        do {
            n = seq_read_begin(&seq);
            l = READ_ONCE(left);
            choice_point(&right);
            r = READ_ONCE(right);
        } while (seq_read_retry(&seq, n));
        check_eq(l, r);
    }
}

TEST(sync_seqcount, .cpus = 2, .shows = "a reader that saw half a write tries again")
{
    struct crew crew = {.n = 0};

    left = right = 0;
    crew_add(&crew, 1, read_pairs, NULL);
    crew_add(&crew, 0, write_pairs, NULL);
    crew_join(&crew);
}
