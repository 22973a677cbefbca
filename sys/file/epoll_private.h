/*
 * Between the epoll files only.
 *
 *   a file's wake-up, under its queue's lock     epoll_wait
 *     item.marked = true                           set.any = false
 *     set.any = true                               of each marked item: marked = false, ask its file
 *     wake the set's queue                         something to report? else sleep unless set.any
 *
 * Each side writes the mark it owns before it looks at the other's, so a change that comes while a file is
 * asked is seen by the next look. An item that reports its level stays marked; one that reports edges waits
 * for the next wake-up.
 *
 * Key: (l) epoll_lock; (a) READ_ONCE, written from any context.
 */
#pragma once
#include "sync/mutex.h"
#include "sys/file/epoll.h"

extern struct mutex epoll_lock; /* RANK_FILE */

struct epoll_set {
    struct list items;     /* (l) */
    struct waitqueue wait; /* rank EVENTS: woken under the lock of a file's queue */
    bool any;              /* (a) some item may be marked */
};
struct epoll_item {
    struct list of_set, of_file; /* (l) */
    struct epoll_set *set;
    struct file *file; /* not referenced */
    int fd;
    u32 events;  /* (l) 0 after a ONESHOT was reported */
    u64 data;    /* (l) */
    bool marked; /* (a) */
    struct waitqueue *queue;
    struct waiter waiter;
};
