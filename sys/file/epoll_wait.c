/* Waiting for the files of a set: epoll_private.h says how it meets their wake-ups. */
#include "arch/clock.h"
#include "diag/assert.h"
#include "lib/errno.h"
#include "sys/file/epoll_private.h"
#include "sys/futex/futex.h"

/* True when it has something to say, which is in *to then. */
static bool ask(struct epoll_item *item, struct epoll_event *to) must_hold(&epoll_lock)
{
    if (!READ_ONCE(item->marked))
        return false;
    WRITE_ONCE(item->marked, false);
    memory_barrier(); /* a change after our question marks it again */
    u32 ready = epoll_item_poll(item) & item->events;
    if (!ready)
        return false;
    *to = (struct epoll_event){.events = ready, .data = item->data};
    if (item->events & EPOLL_ONESHOT)
        item->events = 0;
    else if (!(item->events & EPOLL_EDGE))
        WRITE_ONCE(item->marked, true);
    return true;
}

/* Those that were reported go to the end, so that a short array gives everybody a turn. */
static u32 collect(struct epoll_set *set, struct epoll_event *to, u32 most)
{
    struct epoll_item *item, *next;
    struct list reported = LIST_INIT(reported);
    u32 n = 0;

    mutex_lock(&epoll_lock);
    WRITE_ONCE(set->any, false);
    memory_barrier(); /* marks that come from now on are seen by the next look */
    list_for_each_safe (item, next, &set->items, of_set) {
        if (n == most)
            break;
        if (!ask(item, &to[n]))
            continue;
        n++;
        list_remove(&item->of_set);
        list_push_back(&reported, &item->of_set);
    }
    for (struct list *node = list_pop_front(&reported); node; node = list_pop_front(&reported))
        list_push_back(&set->items, node);
    if (n)
        WRITE_ONCE(set->any, true); /* some are marked still, or were not asked */
    mutex_unlock(&epoll_lock);
    return n;
}

/* False: it is too late. */
static bool sleep_for_mark(struct epoll_set *set, u64 deadline)
{
    struct waiter w;
    bool in_time = true;

    waiter_init(&w);
    wait_prepare(&set->wait, &w, TASK_INTERRUPTIBLE, false);
    if (!load_acquire(&set->any) && !task_signal_pending(current)) {
        if (deadline == NO_DEADLINE)
            task_sleep();
        else
            in_time = task_sleep_until(deadline);
    }
    wait_finish(&set->wait, &w);
    return in_time;
}

s32 epoll_wait(struct file *file, struct epoll_event *to, u32 most, u64 deadline)
{
    struct epoll_set *set = file->data;
    bool late = false;

    might_sleep();
    for (;;) {
        u32 n = load_acquire(&set->any) ? collect(set, to, most) : 0;
        if (n || late)
            return (s32)n;
        if (task_signal_pending(current))
            return -EINTR;
        late = !sleep_for_mark(set, deadline);
    }
}
