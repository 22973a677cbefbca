/*
 * The order of locks as lockdep learns it: each test does the parts of a deadlock one after the other, in one
 * task, so that none happens; the last part must be reported all the same.
 */
#include "sync/completion.h"
#include "sync/mutex.h"
#include "sync/rwsem.h"
#include "sync/waitqueue.h"
#include "tests/lock_mistakes.h"

static void take_in_order(struct mutex *first, struct mutex *second)
{
    mutex_lock(first);
    mutex_lock(second);
    mutex_unlock(second);
    mutex_unlock(first);
}

TEST(lockdep_two_orders,
     .shows = "two locks taken in both orders are reported, with where each order was seen")
{
    struct mutex one, two;

    if (!mistakes_are_watched())
        return;
    mutex_init(&one, "abba_one", NONE);
    mutex_init(&two, "abba_two", NONE);
    held_expect_begin();
    take_in_order(&one, &two);
    check_not_reported();
    held_expect_begin();
    take_in_order(&two, &one);
    check_reported(LOCK_FAULT_CIRCLE,
                   "One that holds abba_two waits for abba_one, held by one that waits for abba_two",
                   "tests/smp/lockdep_order.c");
}

TEST(lockdep_circle_of_three,
     .shows = "three locks whose orders make a circle are reported, all three links named")
{
    struct mutex lock[3];

    if (!mistakes_are_watched())
        return;
    mutex_init(&lock[0], "circle_0", NONE);
    mutex_init(&lock[1], "circle_1", NONE);
    mutex_init(&lock[2], "circle_2", NONE);
    held_expect_begin();
    take_in_order(&lock[0], &lock[1]);
    take_in_order(&lock[1], &lock[2]);
    check_not_reported();
    held_expect_begin();
    take_in_order(&lock[2], &lock[0]);
    check_reported(LOCK_FAULT_CIRCLE, "circle_0 before circle_1", "circle_1 before circle_2");
}

TEST(lockdep_readers_too,
     .shows = "two read locks in both orders are reported: a waiting writer of each makes them a deadlock")
{
    struct rwsem one, two;

    if (!mistakes_are_watched())
        return;
    rwsem_init(&one, "reader_one", NONE);
    rwsem_init(&two, "reader_two", NONE);
    held_expect_begin();
    rwsem_read_lock(&one);
    rwsem_read_lock(&two);
    rwsem_read_unlock(&two);
    rwsem_read_unlock(&one);
    rwsem_read_lock(&two);
    rwsem_read_lock(&one);
    rwsem_read_unlock(&one);
    rwsem_read_unlock(&two);
    check_reported(LOCK_FAULT_CIRCLE, "reader_one", "reader_two");
}

TEST(lockdep_one_class,
     .shows = "two locks of one class without an order are reported; with a named order they are not")
{
    struct mutex lock[2];

    if (!mistakes_are_watched())
        return;
    for (u32 i = 0; i < 2; i++)
        mutex_init(&lock[i], "twin", NONE);
    held_expect_begin();
    mutex_lock(&lock[0]);
    mutex_lock_nested(&lock[1]);
    mutex_unlock(&lock[1]);
    mutex_unlock(&lock[0]);
    check_not_reported();
    held_expect_begin();
    take_in_order(&lock[1], &lock[0]);
    check_reported(LOCK_FAULT_CIRCLE, "twin", "opposite orders");
}

TEST(lockdep_try_is_no_wait, .shows = "a lock that is only tried makes no order: nobody waits for it")
{
    struct mutex one, two;

    if (!mistakes_are_watched())
        return;
    mutex_init(&one, "try_one", NONE);
    mutex_init(&two, "try_two", NONE);
    held_expect_begin();
    take_in_order(&one, &two);
    mutex_lock(&two);
    bool got = mutex_try_lock(&one);
    check(got);
    if (got)
        mutex_unlock(&one);
    mutex_unlock(&two);
    check_not_reported();
}

TEST(lockdep_completion,
     .shows = "waiting for a completion with a lock held that its completer needs is reported")
{
    struct mutex lock;
    struct completion done;

    if (!mistakes_are_watched())
        return;
    mutex_init(&lock, "completer_needs", NONE);
    completion_init(&done);
    held_expect_begin();
    mutex_lock(&lock);
    complete(&done);
    mutex_unlock(&lock);
    check_not_reported();
    held_expect_begin();
    mutex_lock(&lock);
    completion_wait(&done); /* it is there already: the mistake is to ask here */
    mutex_unlock(&lock);
    check_reported(LOCK_FAULT_CIRCLE, "&done", "which needs one that waits for completer_needs");
}

TEST(lockdep_wait_queue,
     .shows = "sleeping on a bare wait queue with a lock held under which its waker wakes is reported")
{
    struct mutex lock;
    struct waitqueue queue;

    if (!mistakes_are_watched())
        return;
    mutex_init(&lock, "waker_needs", NONE);
    waitqueue_init(&queue);
    held_expect_begin();
    mutex_lock(&lock);
    wake_all(&queue); /* nobody waits: it is learned all the same */
    mutex_unlock(&lock);
    check_not_reported();
    held_expect_begin();
    mutex_lock(&lock);
    wait_event(&queue, true);
    mutex_unlock(&lock);
    check_reported(LOCK_FAULT_CIRCLE, "waits for &queue", "which needs one that waits for waker_needs");
}
