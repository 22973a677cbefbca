/*
 * Sets of watched files.
 *
 *   a file's wake-up (under its queue's lock)      epoll_wait
 *     item.marked = true                             set.any = false
 *     set.any = true                                 each marked item: marked = false; ask the file; ready?
 * report wake the set's queue                           sleep unless set.any
 *
 * Each side writes the mark it owns before it looks at the other's, so a change that comes while a file is
 * asked is seen by the next look. An item that reports its level stays marked; one that reports edges waits
 * for the next wake-up.
 *
 * A set holds no reference on its files: a file that is closed leaves all sets, since the other end of a pipe
 * must hear of it. epoll_lock keeps a file alive while it is on a list here: file_put() comes through
 * forget_file().
 *
 * Key: (l) epoll_lock; (a) READ_ONCE, written from any context.
 */
#include "sys/file/epoll.h"
#include "arch/clock.h"
#include "diag/assert.h"
#include "lib/errno.h"
#include "mm/kernel/slab.h"
#include "sync/mutex.h"
#include "sys/futex/futex.h"

struct set {
    struct list items;     /* (l) */
    struct waitqueue wait; /* rank EVENTS: woken under the lock of a file's queue */
    bool any;              /* (a) some item may be marked */
};
struct item {
    struct list of_set, of_file; /* (l) */
    struct set *set;
    struct file *file; /* not referenced */
    int fd;
    u32 events;  /* (l) 0 after a ONESHOT was reported */
    u64 data;    /* (l) */
    bool marked; /* (a) */
    struct waitqueue *queue;
    struct waiter waiter;
};
static struct mutex epoll_lock;

/* ---- marking ---- */

static void mark(struct item *item)
{
    WRITE_ONCE(item->marked, true);
    store_release(&item->set->any, true);
    wake_all(&item->set->wait);
}

static void on_wake(struct waiter *waiter)
{
    mark(container_of(waiter, struct item, waiter));
}

/* ---- items ---- */

static struct item *find_item(struct set *set, int fd, const struct file *file) must_hold(&epoll_lock)
{
    struct item *item;
    list_for_each (item, &set->items, of_set)
        if (item->fd == fd && item->file == file)
            return item;
    return NULL;
}

static void drop_item(struct item *item) must_hold(&epoll_lock)
{
    wait_unlisten(item->queue, &item->waiter);
    list_remove(&item->of_set);
    list_remove(&item->of_file);
    kfree(item);
}

static void set_events(struct item *item, const struct epoll_event *event) must_hold(&epoll_lock)
{
    item->events = event->events | POLL_ERR | POLL_HUP;
    item->data = event->data;
    mark(item); /* what it waits for may hold already */
}

static int add_locked(struct set *set, int fd, struct file *file, const struct epoll_event *event)
    must_hold(&epoll_lock)
{
    struct waitqueue *queue = NULL;
    struct item *item;

    if (find_item(set, fd, file))
        return -EEXIST;
    file_poll(file, &queue);
    if (!queue)
        return -EPERM;
    item = kmalloc(sizeof(*item), GFP_KERNEL);
    if (!item)
        return -ENOMEM;
    *item = (struct item){.set = set, .file = file, .fd = fd, .queue = queue};
    list_push_back(&set->items, &item->of_set);
    list_push_back(&file->watches, &item->of_file);
    WRITE_ONCE(file->watched, true);
    wait_listen(queue, &item->waiter, on_wake);
    set_events(item, event);
    return 0;
}

int epoll_add(struct file *set, int fd, struct file *file, const struct epoll_event *event)
{
    if (file_is_epoll(file))
        return -EINVAL;
    mutex_lock(&epoll_lock);
    int error = add_locked(set->data, fd, file, event);
    mutex_unlock(&epoll_lock);
    return error;
}

int epoll_modify(struct file *set, int fd, struct file *file, const struct epoll_event *event)
{
    mutex_lock(&epoll_lock);
    struct item *item = find_item(set->data, fd, file);
    if (item)
        set_events(item, event);
    mutex_unlock(&epoll_lock);
    return item ? 0 : -ENOENT;
}

int epoll_remove(struct file *set, int fd, struct file *file)
{
    mutex_lock(&epoll_lock);
    struct item *item = find_item(set->data, fd, file);
    if (item)
        drop_item(item);
    mutex_unlock(&epoll_lock);
    return item ? 0 : -ENOENT;
}

/* file_watched_hook: the file's last reference is gone. */
static void forget_file(struct file *file)
{
    struct item *item, *next;
    mutex_lock(&epoll_lock);
    list_for_each_safe (item, next, &file->watches, of_file)
        drop_item(item);
    mutex_unlock(&epoll_lock);
}

/* ---- waiting ---- */

/* True when it has something to say, which is in *to then. */
static bool ask(struct item *item, struct epoll_event *to) must_hold(&epoll_lock)
{
    struct waitqueue *unused;

    if (!READ_ONCE(item->marked))
        return false;
    WRITE_ONCE(item->marked, false);
    memory_barrier(); /* a change after our question marks it again */
    u32 ready = file_poll(item->file, &unused) & item->events;
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
static u32 collect(struct set *set, struct epoll_event *to, u32 most)
{
    struct item *item, *next;
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
static bool sleep_for_mark(struct set *set, u64 deadline)
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
    struct set *set = file->data;
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

/* ---- the set as a file ---- */

static u32 set_poll(struct file *file, struct waitqueue **queue)
{
    struct set *set = file->data;
    struct waitqueue *unused;
    struct item *item;
    bool ready = false;

    *queue = &set->wait;
    mutex_lock(&epoll_lock);
    list_for_each (item, &set->items, of_set)
        ready |= READ_ONCE(item->marked) && (file_poll(item->file, &unused) & item->events);
    mutex_unlock(&epoll_lock);
    return ready ? POLL_IN : 0;
}

static int set_open(struct file *file)
{
    file->data = file->inode->data;
    return 0;
}

static void set_release(struct file *file)
{
    struct set *set = file->data;
    struct item *item, *next;

    mutex_lock(&epoll_lock);
    list_for_each_safe (item, next, &set->items, of_set)
        drop_item(item);
    mutex_unlock(&epoll_lock);
}

static void set_inode_release(struct inode *inode)
{
    kfree(inode->data);
}

static const struct inode_ops set_inode_ops = {.release = set_inode_release};
static const struct file_ops set_file_ops = {.open = set_open, .release = set_release, .poll = set_poll};

bool file_is_epoll(const struct file *file)
{
    return file->ops == &set_file_ops;
}

void epoll_init(void)
{
    mutex_init(&epoll_lock, "epoll", FILE);
    file_watched_hook = forget_file;
}

struct file *epoll_create(void)
{
    struct set *set = kmalloc(sizeof(*set), GFP_KERNEL);
    struct inode *inode = set ? inode_create(S_IFIFO | 0600, &set_file_ops, &set_inode_ops) : NULL;
    int error;

    if (!inode) {
        kfree(set);
        return NULL;
    }

    list_init(&set->items);
    waitqueue_init_class(&set->wait, LOCK_CLASS("epoll_wait", EVENTS));
    set->any = false;
    inode->data = set;
    struct file *file = file_open(inode, O_RDWR, &error);
    inode_put(inode);
    return file;
}
