/* The spinlock: exclusion under every schedule, order of arrival, and what is noted of it. */
#include "sync/lock_stat.h"
#include "sync/lock_stat_internal.h"
#include "sync/spinlock.h"
#include "tests/host/sync_crew.h"
#include "tests/test.h"

#define ROUNDS 6u

DEFINE_SPINLOCK(counted_lock, NONE);
static u32 counter;

/* A read and a write that another CPU may come between, were it not for the lock. */
static void add_one(void)
{
    u32 seen = READ_ONCE(counter);

    choice_point(&counter);
    WRITE_ONCE(counter, seen + 1);
}

static void count_plain(void *arg)
{
    for (u32 i = 0; i < ROUNDS; i++) {
        spin_lock(&counted_lock);
        add_one();
        spin_unlock(&counted_lock);
    }
}
static void count_irq_off(void *arg)
{
    for (u32 i = 0; i < ROUNDS; i++) {
        irqflags_t flags = spin_lock_irq_save(&counted_lock);
        check(!irq_enabled());
        add_one();
        spin_unlock_irq_restore(&counted_lock, flags);
        check(irq_enabled());
    }
}
static void count_if_free(void *arg)
{
    for (u32 i = 0; i < ROUNDS;) {
        if (spin_try_lock(&counted_lock)) {
            add_one();
            i++;
            spin_unlock(&counted_lock);
        } else {
            task_yield();
        }
    }
}

TEST(sync_spin_excludes, .cpus = 3,
     .shows = "under a spinlock no increment is lost, whichever way it was taken")
{
    struct crew crew = {.n = 0};

    counter = 0;
    crew_add(&crew, 0, count_plain, NULL);
    crew_add(&crew, 1, count_irq_off, NULL);
    crew_add(&crew, 2, count_if_free, NULL);
    crew_join(&crew);
    check_eq(counter, 3 * ROUNDS);
    check_eq(counted_lock.word, 0);
}

static u32 arrivals, ticket[3], may_arrive;

/* Each arrives alone: the next one may come when the queue's tail is this one. */
static void arrive(void *arg)
{
    u32 me = (u32)(uintptr_t)arg;

    while (load_acquire(&may_arrive) != me + 1)
        task_yield();
    spin_lock(&counted_lock);
    ticket[me] = arrivals++;
    spin_unlock(&counted_lock);
}

TEST(sync_spin_fair, .cpus = 4,
     .shows = "CPUs that queue for a spinlock get it in the order of their arrival")
{
    struct crew crew = {.n = 0};

    arrivals = may_arrive = 0;
    task_pin(current, 0);
    for (u32 i = 0; i < 3; i++)
        crew_add(&crew, i + 1, arrive, (void *)(uintptr_t)i);
    spin_lock(&counted_lock);
    for (u32 i = 0; i < 3; i++) {
        u32 tail = READ_ONCE(counted_lock.word);
        store_release(&may_arrive, i + 1);
        while (READ_ONCE(counted_lock.word) == tail)
            spin_relax();
    }
    check(!spin_try_lock(&counted_lock));
    spin_unlock(&counted_lock);
    crew_join(&crew);
    for (u32 i = 0; i < 3; i++)
        check_eq(ticket[i], i);
}

DEFINE_SPINLOCK(outer_lock, ZONE);
DEFINE_SPINLOCK(inner_lock, LEAF);
DEFINE_SPINLOCK(inner_twin, LEAF);

TEST(sync_held_order,
     .shows = "ascending ranks pass, descending and equal ones are reported, nested ones pass")
{
    held_expect_begin();
    spin_lock(&outer_lock);
    spin_lock(&inner_lock);
    check(spin_is_held(&outer_lock) && spin_is_held(&inner_lock));
    spin_lock_nested(&inner_twin);
    spin_unlock(&outer_lock); /* out of order is fine */
    check(spin_is_held(&inner_lock) && !spin_is_held(&outer_lock));
    spin_unlock(&inner_twin);
    spin_unlock(&inner_lock);
    check_eq(held_expect_end(), 0);

    held_expect_begin();
    spin_lock(&inner_lock);
    spin_lock(&outer_lock); /* descends */
    spin_unlock(&outer_lock);
    spin_lock(&inner_twin); /* equal, and not nested */
    spin_unlock(&inner_twin);
    might_sleep();
    spin_unlock(&inner_lock);
    check_eq(held_expect_end(), 3);
    check_eq(spins_held_count(), 0);
}

struct report {
    u32 lines;
    bool head_seen;
};
static void count_line(void *ctx, const char *text)
{
    struct report *r = ctx;

    r->lines++;
    r->head_seen |= r->lines == 1;
}

TEST(sync_lock_stat,
     .shows = "every acquisition is counted once, in its class, and the report prints at most what it may")
{
    struct report report = {0};
    u32 sum = 0;

    for (u32 i = 0; i < 10; i++) {
        spin_lock(&inner_twin);
        spin_unlock(&inner_twin);
    }
    check(inner_twin.class->id > 0 && inner_twin.class->id < LOCK_CLASSES);
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        sum += per_cpu(lock_tables, cpu).row[inner_twin.class->id][LOCK_EXCLUSIVE].acquisitions;
    check(sum >= 10);
    lock_stat_report(count_line, &report, 3);
    check(report.lines >= 2 && report.lines <= 4);
    check(report.head_seen);
    lock_stat_reset();
}
