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
 * A set inside a set is a file like any other, whose queue is woken when one of its own files is. So one set's
 * queue is woken under another's lock, always from the inside out; no set is inside itself (epoll_nest.c), so
 * no two CPUs want such locks in opposite orders.
 *
 * Key: (l) epoll_lock; (a) READ_ONCE, written from any context.
 */
#pragma once
#include "sync/mutex.h"
#include "sys/file/epoll.h"

extern struct mutex epoll_lock; /* RANK_FILE */

struct epoll_set {
    struct file *file;     /* (c) the only one: a set is not opened a second time */
    struct list items;     /* (l) */
    struct waitqueue wait; /* rank EVENTS: woken under the lock of a file's queue, or of a set's inside it */
    bool any;              /* (a) some item may be marked */
    u32 walk, found;       /* (l) epoll_nest.c: the last walk that came here, and what it found */
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

/* What the item's file has to say, POLL_*; sets inside sets are asked with the lock held. */
u32 epoll_item_poll(struct epoll_item *item) must_hold(&epoll_lock);
bool epoll_set_is_ready(struct epoll_set *set) must_hold(&epoll_lock);
/* May `inner` go into `set`? 0, or -ELOOP: it would watch itself, or too deep. */
int epoll_check_nesting(struct epoll_set *set, struct epoll_set *inner) must_hold(&epoll_lock);
