/*
 * Sets of watched files, and what is in them; epoll_wait.c waits.
 *
 * A set holds no reference on its files: a file that is closed leaves all sets, since the other end of a pipe
 * must hear of it. epoll_lock keeps a file alive while it is on a list here: file_put() comes through
 * forget_file().
 */
#include "lib/errno.h"
#include "mm/kernel/slab.h"
#include "sys/file/epoll_private.h"

struct mutex epoll_lock;

/* ---- marking ---- */

static void mark(struct epoll_item *item)
{
    WRITE_ONCE(item->marked, true);
    store_release(&item->set->any, true);
    wake_all_nested(&item->set->wait);
}

static void on_wake(struct waiter *waiter)
{
    mark(container_of(waiter, struct epoll_item, waiter));
}

/* ---- items ---- */

static struct epoll_item *find_item(struct epoll_set *set, int fd, const struct file *file)
    must_hold(&epoll_lock)
{
    struct epoll_item *item;
    list_for_each (item, &set->items, of_set)
        if (item->fd == fd && item->file == file)
            return item;
    return NULL;
}

static void drop_item(struct epoll_item *item) must_hold(&epoll_lock)
{
    wait_unlisten(item->queue, &item->waiter);
    list_remove(&item->of_set);
    list_remove(&item->of_file);
    kfree(item);
}

static void set_events(struct epoll_item *item, const struct epoll_event *event) must_hold(&epoll_lock)
{
    item->events = event->events | POLL_ERR | POLL_HUP;
    item->data = event->data;
    mark(item); /* what it waits for may hold already */
}

static int add_locked(struct epoll_set *set, int fd, struct file *file, const struct epoll_event *event)
    must_hold(&epoll_lock)
{
    struct waitqueue *queue = NULL;
    struct epoll_item *item;

    if (find_item(set, fd, file))
        return -EEXIST;
    if (file_is_epoll(file)) {
        struct epoll_set *inner = file->data;
        int error = epoll_check_nesting(set, inner);
        if (error)
            return error;
        queue = &inner->wait;
    } else {
        file_poll(file, &queue);
    }
    if (!queue)
        return -EPERM;
    item = kmalloc(sizeof(*item), GFP_KERNEL);
    if (!item)
        return -ENOMEM;
    *item = (struct epoll_item){.set = set, .file = file, .fd = fd, .queue = queue};
    list_push_back(&set->items, &item->of_set);
    list_push_back(&file->watches, &item->of_file);
    WRITE_ONCE(file->watched, true);
    wait_listen(queue, &item->waiter, on_wake);
    set_events(item, event);
    return 0;
}

int epoll_add(struct file *set, int fd, struct file *file, const struct epoll_event *event)
{
    mutex_lock(&epoll_lock);
    int error = add_locked(set->data, fd, file, event);
    mutex_unlock(&epoll_lock);
    return error;
}

int epoll_modify(struct file *set, int fd, struct file *file, const struct epoll_event *event)
{
    mutex_lock(&epoll_lock);
    struct epoll_item *item = find_item(set->data, fd, file);
    if (item)
        set_events(item, event);
    mutex_unlock(&epoll_lock);
    return item ? 0 : -ENOENT;
}

int epoll_remove(struct file *set, int fd, struct file *file)
{
    mutex_lock(&epoll_lock);
    struct epoll_item *item = find_item(set->data, fd, file);
    if (item)
        drop_item(item);
    mutex_unlock(&epoll_lock);
    return item ? 0 : -ENOENT;
}

/* file_watched_hook: the file's last reference is gone. */
static void forget_file(struct file *file)
{
    struct epoll_item *item, *next;
    mutex_lock(&epoll_lock);
    list_for_each_safe (item, next, &file->watches, of_file)
        drop_item(item);
    mutex_unlock(&epoll_lock);
}

/* ---- the set as a file ---- */

static u32 set_poll(struct file *file, struct waitqueue **queue)
{
    struct epoll_set *set = file->data;

    *queue = &set->wait;
    mutex_lock(&epoll_lock);
    bool ready = epoll_set_is_ready(set);
    mutex_unlock(&epoll_lock);
    return ready ? POLL_IN : 0;
}

static int set_open(struct file *file)
{
    struct epoll_set *set = file->inode->data;
    if (set->file)
        return -ENXIO; /* through /proc/self/fd */
    set->file = file;
    file->data = set;
    return 0;
}

static void set_release(struct file *file)
{
    struct epoll_set *set = file->data;
    struct epoll_item *item, *next;

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
    struct epoll_set *set = kmalloc(sizeof(*set), GFP_KERNEL);
    struct inode *inode = set ? inode_create(S_IFIFO | 0600, &set_file_ops, &set_inode_ops) : NULL;
    int error;

    if (!inode) {
        kfree(set);
        return NULL;
    }

    *set = (struct epoll_set){.any = false};
    list_init(&set->items);
    waitqueue_init_class(&set->wait, LOCK_CLASS("epoll_wait", EVENTS));
    inode->data = set;
    struct file *file = file_open(inode, O_RDWR, &error);
    inode_put(inode);
    return file;
}
