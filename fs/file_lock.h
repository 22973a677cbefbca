/*
 * Advisory locks on files, fcntl(2) and flock(2): who may lock which bytes, and who waits for whom. Nothing
 * but these calls looks at them: a read or a write asks nobody.
 *
 * A lock belongs to whoever the caller says: a process's table of open files (F_SETLK), or an open file
 * (F_OFD_SETLK, flock). All that the owner has in a file goes at once with file_locks_drop(), which costs a
 * file without locks one look.
 */
#pragma once
#include "fs/inode.h"

#define FILE_LOCK_TO_END (~0ull >> 1) /* the last byte that a file can have */

enum file_lock_type { FILE_UNLOCK, FILE_LOCK_SHARED, FILE_LOCK_EXCLUSIVE };
/* Locks of bytes and locks of whole files do not see each other. */
enum file_lock_kind { FILE_LOCK_BYTES, FILE_LOCK_WHOLE };

struct file_lock {
    struct file_lock *next; /* the inode's next */
    u64 first, last;        /* both included */
    enum file_lock_type type;
    enum file_lock_kind kind;
    const void *owner; /* compared, never followed */
    u32 pid;           /* whom F_GETLK names */
};

/* Gives the owner what it asks for, in place of what it had of these bytes. 0; -EAGAIN: another's lock is in
 * the way; with `wait` sleeps until none is: -ERESTARTSYS after a signal, -EDEADLK where those who wait would
 * wait for each other. -ENOLCK: no memory. No lock held. */
int file_lock_set(struct inode *inode, const struct file_lock *wanted, bool wait);
/* The same for an owner that may lose all its locks of the file meanwhile (R62: another of its threads closes
 * the number): is_open(arg) is asked when the lock is there. False: what the owner has in the file goes
 * again, and -EBADF. `is_open` may sleep. */
int file_lock_set_while_open(struct inode *inode, const struct file_lock *wanted, bool wait,
                             bool (*is_open)(const void *arg), const void *arg);
/* A copy of a lock that is in the way of `wanted`; false: none. */
bool file_lock_find(struct inode *inode, const struct file_lock *wanted, struct file_lock *found);
/* Takes away all that `owner` has in the file. Takes a spinlock. */
void file_locks_drop(struct inode *inode, const void *owner);
