/*
 * Sets in sets. They form a graph without circles, at most SETS_DEEP of them one inside the other. A walk
 * through it, up or down, comes to each set once: what it found there is kept under the walk's number, since
 * the ways through a graph may be many more than its sets.
 */
#include "lib/errno.h"
#include "sys/file/epoll_private.h"

#define SETS_DEEP 5u /* epoll_ctl(2), ELOOP */

static u32 walks; /* (l) */

/* ---- is one ready? ---- */

static bool ask_set(struct epoll_set *set, u32 walk) must_hold(&epoll_lock);

static u32 ask_item(struct epoll_item *item, u32 walk) must_hold(&epoll_lock)
{
    struct waitqueue *unused;
    if (!file_is_epoll(item->file))
        return file_poll(item->file, &unused);
    return ask_set(item->file->data, walk) ? POLL_IN | POLL_NORMAL(POLL_IN) : 0;
}

static bool ask_set(struct epoll_set *set, u32 walk)
{
    struct epoll_item *item;
    if (set->walk == walk)
        return set->found;
    set->walk = walk;
    set->found = false;
    list_for_each (item, &set->items, of_set) {
        if (READ_ONCE(item->marked) && (ask_item(item, walk) & item->events))
            set->found = true;
        if (set->found)
            break;
    }
    return set->found;
}

u32 epoll_item_poll(struct epoll_item *item)
{
    return ask_item(item, ++walks);
}

bool epoll_set_is_ready(struct epoll_set *set)
{
    return ask_set(set, ++walks);
}

/* ---- may one go into another? ---- */

/* Sets one inside the other from here inwards, this one counted. */
static u32 depth_below(struct epoll_set *set, u32 walk) must_hold(&epoll_lock)
{
    struct epoll_item *item;
    u32 deepest = 0;
    if (set->walk == walk)
        return set->found;
    set->walk = walk;
    list_for_each (item, &set->items, of_set) {
        if (file_is_epoll(item->file))
            deepest = MAX(deepest, depth_below(item->file->data, walk));
    }
    return set->found = deepest + 1;
}

/* And outwards. */
static u32 depth_above(struct epoll_set *set, u32 walk) must_hold(&epoll_lock)
{
    struct epoll_item *item;
    u32 deepest = 0;
    if (set->walk == walk)
        return set->found;
    set->walk = walk;
    list_for_each (item, &set->file->watches, of_file)
        deepest = MAX(deepest, depth_above(item->set, walk));
    return set->found = deepest + 1;
}

int epoll_check_nesting(struct epoll_set *set, struct epoll_set *inner)
{
    u32 below = depth_below(inner, ++walks);
    bool circle = set->walk == walks; /* the walk inwards came by */
    u32 above = depth_above(set, ++walks);
    return circle || above + below > SETS_DEEP ? -ELOOP : 0;
}
