/*
 * The table of open files. A look-up is a spinlock and a reference; a table grows outside the lock and is
 * exchanged under it.
 *
 * Key: (l) the table's lock; (a) atomic.
 */
#include "sys/file/fd_table.h"
#include "diag/assert.h"
#include "fs/file_lock.h"
#include "lib/string.h"
#include "mm/kernel/slab.h"
#include "sys/process/process.h"

#define FD_FIRST_SIZE 32u
struct fd_table {
    atomic_t refs;            /* (a) */
    struct spinlock lock;     /* RANK_FILE */
    u32 size;                 /* (l) */
    struct file **files;      /* (l) */
    u32 cloexec[FD_MAX / 32]; /* (l) */
};

/* fcntl(2): with any number that a process closes go all its locks of that file. */
static void put_closed(struct fd_table *t, struct file *file)
{
    if (file)
        file_locks_drop(file->inode, t);
    file_put(file);
}

struct fd_table *fd_table_create(void)
{
    struct fd_table *t = fs_alloc(sizeof(*t));
    struct file **files = t ? fs_alloc(FD_FIRST_SIZE * sizeof(*files)) : NULL;
    if (!files) {
        kfree(t);
        return NULL;
    }
    atomic_set(&t->refs, 1);
    spinlock_init(&t->lock, "fd_table", FILE);
    t->size = FD_FIRST_SIZE;
    t->files = files;
    return t;
}

struct fd_table *fd_table_get(struct fd_table *t)
{
    int refs = atomic_inc(&t->refs);
    assert(refs > 1);
    return t;
}

void fd_table_put(struct fd_table *t)
{
    int refs = atomic_dec(&t->refs);
    assert(refs >= 0);
    if (refs > 0)
        return;
    for (u32 fd = 0; fd < t->size; fd++)
        put_closed(t, t->files[fd]);
    kfree(t->files);
    kfree(t);
}

/* Room for at least `want` numbers. 0, -EMFILE or -ENOMEM. */
static int fd_table_grow(struct fd_table *t, u32 want)
{
    if (want > FD_MAX)
        return -EMFILE;
    u32 size = FD_FIRST_SIZE;
    while (size < want)
        size *= 2;
    struct file **files = fs_alloc(size * sizeof(*files));
    if (!files)
        return -ENOMEM;
    spin_lock(&t->lock);
    if (t->size < size) { /* else another thread was first */
        memcpy(files, t->files, t->size * sizeof(*files));
        struct file **former = t->files;
        t->files = files;
        t->size = size;
        files = former;
    }
    spin_unlock(&t->lock);
    kfree(files);
    return 0;
}

struct fd_table *fd_table_copy(struct fd_table *from)
{
    struct fd_table *t = fd_table_create();
    while (t) {
        spin_lock(&from->lock);
        u32 size = from->size;
        bool fits = size <= t->size;
        for (u32 fd = 0; fits && fd < size; fd++) {
            t->files[fd] = from->files[fd];
            if (t->files[fd])
                file_get(t->files[fd]);
        }
        memcpy(t->cloexec, from->cloexec, sizeof(t->cloexec));
        spin_unlock(&from->lock);
        if (fits)
            return t;
        if (fd_table_grow(t, size)) {
            fd_table_put(t);
            return NULL;
        }
    }
    return NULL;
}

static bool cloexec_test(const struct fd_table *t, u32 fd)
{
    return t->cloexec[fd / 32] >> (fd % 32) & 1;
}

static void cloexec_set(struct fd_table *t, u32 fd, bool on)
{
    u32 bit = 1u << (fd % 32);
    t->cloexec[fd / 32] = on ? t->cloexec[fd / 32] | bit : t->cloexec[fd / 32] & ~bit;
}

/* Puts `file` at fd; what was there, to be put with nothing held. Under the lock. */
static struct file *exchange(struct fd_table *t, u32 fd, struct file *file, bool close_on_exec)
{
    spin_assert_held(&t->lock);
    assert(fd < t->size);
    struct file *former = t->files[fd];
    t->files[fd] = file;
    cloexec_set(t, fd, close_on_exec);
    return former;
}

void fd_table_close_on_exec(struct fd_table *t)
{
    for (u32 fd = 0; fd < READ_ONCE(t->size); fd++) {
        spin_lock(&t->lock);
        struct file *former = t->files[fd] && cloexec_test(t, fd) ? exchange(t, fd, NULL, false) : NULL;
        spin_unlock(&t->lock);
        put_closed(t, former);
    }
}

struct file *fd_get(int fd)
{
    struct fd_table *t = thread_current()->files;
    spin_lock(&t->lock);
    struct file *file = (u32)fd < t->size ? t->files[fd] : NULL;
    if (file)
        file_get(file);
    spin_unlock(&t->lock);
    return file;
}

/* The table is the running thread's alone when it has the one reference: others may look (/proc), and only
 * this thread could make it otherwise. */
struct file *fd_borrow(int fd, bool *counted)
{
    const struct fd_table *t = thread_current()->files;
    *counted = unlikely(atomic_read(&t->refs) != 1);
    if (*counted)
        return fd_get(fd);
    return (u32)fd < t->size ? t->files[fd] : NULL;
}

int fd_install(struct file *file, int from, bool close_on_exec)
{
    struct fd_table *t = thread_current()->files;
    u32 limit = MIN((u32)process_current()->limits[RLIMIT_NOFILE][0], FD_MAX);
    if (from < 0 || (u32)from >= limit)
        return from < 0 ? -EINVAL : -EMFILE;
    for (;;) {
        spin_lock(&t->lock);
        u32 fd = (u32)from;
        while (fd < t->size && t->files[fd])
            fd++;
        bool fits = fd < t->size && fd < limit;
        if (fits)
            exchange(t, fd, file, close_on_exec);
        spin_unlock(&t->lock);
        if (fits)
            return (int)fd;
        int error = fd >= limit ? -EMFILE : fd_table_grow(t, fd + 1);
        if (error)
            return error;
    }
}

int fd_give(struct file *file, bool close_on_exec)
{
    int fd = fd_install(file, 0, close_on_exec);
    if (fd < 0)
        file_put(file);
    return fd;
}

int fd_open(struct inode *inode, u32 flags)
{
    int error;
    struct file *file = file_open(inode, flags & ~O_CLOEXEC, &error);
    inode_put(inode);
    return file ? fd_give(file, flags & O_CLOEXEC) : error;
}

int fd_replace(int fd, struct file *file, bool close_on_exec)
{
    struct fd_table *t = thread_current()->files;
    if ((u32)fd >= MIN((u32)process_current()->limits[RLIMIT_NOFILE][0], FD_MAX))
        return -EBADF;
    int error = fd_table_grow(t, (u32)fd + 1);
    if (error)
        return error;
    spin_lock(&t->lock);
    struct file *former = exchange(t, (u32)fd, file, close_on_exec);
    spin_unlock(&t->lock);
    put_closed(t, former);
    return 0;
}

int fd_close(int fd)
{
    struct fd_table *t = thread_current()->files;
    spin_lock(&t->lock);
    struct file *former = (u32)fd < t->size ? exchange(t, (u32)fd, NULL, false) : NULL;
    spin_unlock(&t->lock);
    if (!former)
        return -EBADF;
    put_closed(t, former);
    return 0;
}

int fd_close_on_exec(int fd, int set)
{
    struct fd_table *t = thread_current()->files;
    int result = -EBADF;
    spin_lock(&t->lock);
    if ((u32)fd < t->size && t->files[fd]) {
        result = cloexec_test(t, (u32)fd);
        if (set >= 0)
            cloexec_set(t, (u32)fd, set);
    }
    spin_unlock(&t->lock);
    return result;
}

int fd_next(struct fd_table *t, int from)
{
    int found = -1;
    spin_lock(&t->lock);
    for (u32 fd = (u32)from; fd < t->size && found < 0; fd++)
        if (t->files[fd])
            found = (int)fd;
    spin_unlock(&t->lock);
    return found;
}
