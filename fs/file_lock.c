/*
 * Advisory locks on files. A file's locks stand in a list without order: programs have a few. One spinlock
 * guards them all, since a wait may lead from a file to another, and whoever looks for a circle must see all
 * waits at one moment.
 *
 * Key: (l) file_lock_lock.
 */
#include "fs/file_lock.h"
#include "diag/race.h"
#include "lib/string.h"
#include "mm/kernel/slab.h"

struct lock_wait {
    struct list link;
    const void *who, *whom; /* (l) owners */
    bool reached;           /* (l) while a circle is looked for */
};

DEFINE_SPINLOCK(file_lock_lock, FILE);
static struct list lock_waits = LIST_INIT(lock_waits); /* (l) */
DEFINE_WAITQUEUE(lock_released);

/* What a change may need: the new lock, and the far end of one that it cuts in two. Made before the lock is
 * taken. */
struct spares {
    struct file_lock *spare[2];
};

static bool overlap(const struct file_lock *a, const struct file_lock *b)
{
    return a->kind == b->kind && a->first <= b->last && b->first <= a->last;
}

static struct file_lock *in_the_way(struct inode *inode, const struct file_lock *wanted)
{
    for (struct file_lock *lock = inode->locks; lock && wanted->type != FILE_UNLOCK; lock = lock->next)
        if (lock->owner != wanted->owner && overlap(lock, wanted) &&
            (lock->type == FILE_LOCK_EXCLUSIVE || wanted->type == FILE_LOCK_EXCLUSIVE))
            return lock;
    return NULL;
}

static void insert(struct inode *inode, struct spares *spares, const struct file_lock *what)
{
    struct file_lock **spare = spares->spare[0] ? &spares->spare[0] : &spares->spare[1];
    struct file_lock *lock = *spare;

    *spare = NULL;
    *lock = *what;
    lock->next = inode->locks;
    WRITE_ONCE(inode->locks, lock);
}

static void remove(struct file_lock **link)
{
    struct file_lock *lock = *link;

    WRITE_ONCE(*link, lock->next);
    kfree(lock);
}

/* Takes [first, last] out of the lock at *link; false: nothing of it is left, and *link is the next one. */
static bool cut(struct inode *inode, struct file_lock **link, const struct file_lock *out,
                struct spares *spares)
{
    struct file_lock *lock = *link;

    if (lock->first < out->first && lock->last > out->last) {
        struct file_lock far = *lock;
        far.first = out->last + 1;
        insert(inode, spares, &far);
        lock->last = out->first - 1;
    } else if (lock->first < out->first) {
        lock->last = out->first - 1;
    } else if (lock->last > out->last) {
        lock->first = out->last + 1;
    } else {
        remove(link);
        return false;
    }
    return true;
}

/* Neighbours of one type become one lock, so that a program which locks byte after byte has one. */
static bool joins(const struct file_lock *lock, const struct file_lock *wanted)
{
    return lock->kind == wanted->kind && lock->type == wanted->type && lock->first <= wanted->last + 1 &&
           wanted->first <= lock->last + 1;
}

static void replace(struct inode *inode, const struct file_lock *wanted, struct spares *spares)
{
    struct file_lock whole = *wanted;

    for (struct file_lock **link = &inode->locks; *link;) {
        struct file_lock *lock = *link;
        if (lock->owner == wanted->owner && joins(lock, &whole)) {
            whole.first = MIN(whole.first, lock->first);
            whole.last = MAX(whole.last, lock->last);
            remove(link);
            continue;
        }
        if (lock->owner != wanted->owner || !overlap(lock, wanted) || cut(inode, link, wanted, spares))
            link = &(*link)->next;
    }
    if (wanted->type != FILE_UNLOCK)
        insert(inode, spares, &whole);
}

/* Would `who` wait for itself, if it waited for `whom`? An owner with several threads may wait for several:
 * all ways are followed, and each wait is reached once. */
static bool waits_for(const void *whom, const void *who)
{
    struct lock_wait *wait, *next;
    bool found = whom == who, more = true;

    list_for_each (wait, &lock_waits, link)
        wait->reached = wait->who == whom;
    while (more && !found) {
        more = false;
        list_for_each (wait, &lock_waits, link) {
            if (!wait->reached)
                continue;
            found |= wait->whom == who;
            list_for_each (next, &lock_waits, link)
                if (!next->reached && next->who == wait->whom)
                    next->reached = more = true;
        }
    }
    return found;
}

/* One attempt. Without success `wait` says in front of whom; 0, -EAGAIN or -EDEADLK. */
static int try_set(struct inode *inode, const struct file_lock *wanted, struct spares *spares,
                   struct lock_wait *wait)
{
    spin_lock(&file_lock_lock);
    struct file_lock *other = in_the_way(inode, wanted);
    int error = other ? -EAGAIN : 0;

    list_remove(&wait->link);
    if (!other) {
        replace(inode, wanted, spares);
    } else if (wait->who) {
        wait->whom = other->owner;
        if (wanted->kind == FILE_LOCK_BYTES && waits_for(other->owner, wanted->owner))
            error = -EDEADLK;
        else
            list_push_back(&lock_waits, &wait->link);
    }
    spin_unlock(&file_lock_lock);
    return error;
}

static void forget_wait(struct lock_wait *wait)
{
    spin_lock(&file_lock_lock);
    list_remove(&wait->link);
    spin_unlock(&file_lock_lock);
}

int file_lock_set(struct inode *inode, const struct file_lock *wanted, bool wait)
{
    struct spares spares = {{fs_alloc(sizeof(struct file_lock)), fs_alloc(sizeof(struct file_lock))}};
    struct lock_wait mine = {.who = wait ? wanted->owner : NULL};
    int error = -ENOLCK;

    list_init(&mine.link);
    if (spares.spare[0] && spares.spare[1]) {
        error = try_set(inode, wanted, &spares, &mine);
        if (error == -EAGAIN && wait &&
            wait_event_interruptible(&lock_released,
                                     (error = try_set(inode, wanted, &spares, &mine)) != -EAGAIN))
            error = -ERESTARTSYS;
        forget_wait(&mine);
    }
    kfree(spares.spare[0]);
    kfree(spares.spare[1]);
    if (!error && wanted->type != FILE_LOCK_EXCLUSIVE)
        wake_all(&lock_released); /* bytes, or others' right to share them, may have come free */
    return error;
}

int file_lock_set_while_open(struct inode *inode, const struct file_lock *wanted, bool wait,
                             bool (*is_open)(const void *arg), const void *arg)
{
    race_point(R62); /* who closes the number now finds nothing of ours to drop */
    int error = file_lock_set(inode, wanted, wait);
    if (error || wanted->type == FILE_UNLOCK || mutant(R62) || is_open(arg))
        return error;
    file_locks_drop(inode, wanted->owner);
    return -EBADF;
}

bool file_lock_find(struct inode *inode, const struct file_lock *wanted, struct file_lock *found)
{
    spin_lock(&file_lock_lock);
    struct file_lock *other = in_the_way(inode, wanted);
    if (other)
        *found = *other;
    spin_unlock(&file_lock_lock);
    return other != NULL;
}

void file_locks_drop(struct inode *inode, const void *owner)
{
    /* The owner's own locks are there to be seen: it made them before, or asks after it has made them (R62).
     */
    if (!READ_ONCE(inode->locks))
        return;
    spin_lock(&file_lock_lock);
    for (struct file_lock **link = &inode->locks; *link;) {
        if ((*link)->owner == owner)
            remove(link);
        else
            link = &(*link)->next;
    }
    spin_unlock(&file_lock_lock);
    wake_all(&lock_released);
}
