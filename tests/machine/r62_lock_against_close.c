/*
 * R62: fcntl(F_SETLK) against close(2) of the same number by another thread.
 *
 *   T1   has found the file at the number                                 @R62
 *   T2   takes the number away; drops the process's locks: there are none
 *   T1   is given the lock                                                nobody would ever drop it
 *
 * What a process is to fs/file_lock.c is an owner that can say whether the number is still open.
 */
#include "fs/file_lock.h"
#include "tests/scenario.h"

struct process {
    struct inode *inode;
    bool open; /* the number */
    int result;
};

static bool is_open(const void *arg)
{
    const struct process *p = arg;

    return READ_ONCE(p->open);
}

static struct file_lock all_for(const struct process *p)
{
    return (struct file_lock){
        .last = FILE_LOCK_TO_END, .type = FILE_LOCK_EXCLUSIVE, .kind = FILE_LOCK_BYTES, .owner = p};
}

static int ask(const struct process *p)
{
    struct file_lock lock = all_for(p);
    int error = file_lock_set_while_open(p->inode, &lock, false, is_open, p);

    return error == -ENOLCK ? -ENOMEM : error; /* fcntl(2) has a name of its own for that */
}

static void set_lock(void *arg)
{
    struct process *p = arg;

    p->result = again(ask(p));
}

static void close_number(void *arg)
{
    struct process *p = arg;

    WRITE_ONCE(p->open, false);
    file_locks_drop(p->inode, p);
}

static bool is_locked_for(const struct process *other)
{
    struct file_lock wanted = all_for(other), found;

    return file_lock_find(other->inode, &wanted, &found);
}

TEST(r62_lock_against_close, .cpus = 2,
     .shows = "a lock that is granted while its number is closed goes again: no owner is left with it")
{
    struct inode *inode = obtain(inode_create(S_IFREG | 0600, NULL, NULL));
    struct process p = {.inode = inode, .open = true}, other = {.inode = inode};
    struct scene *s = scene_begin();

    assert(inode != NULL);
    actor_run(s, 0, set_lock, &p); /* with nobody in between it is had, and goes with the number */
    check_eq(p.result, 0);
    check(is_locked_for(&other));
    actor_run(s, 1, close_number, &p);
    check(!is_locked_for(&other));

    WRITE_ONCE(p.open, true);
    check(scene_overtake(s, R62, set_lock, close_number, &p));
    check_eq(p.result, -EBADF);
    check(!is_locked_for(&other));
    file_locks_drop(inode, &p); /* with the mutant it has one, and the inode could not go */
    scene_end(s);
    inode_put(inode);
}
