/* fcntl(2)'s record locks and flock(2): what programs say, in fs/file_lock.h's terms. */
#include "sys/file/lock.h"
#include "arch/user.h"
#include "fs/file_lock.h"
#include "sys/file/fd_table.h"
#include "sys/process/process.h"
#include "sys/syscalls.h"

enum { F_RDLCK, F_WRLCK, F_UNLCK };

/* i386's struct flock64. */
struct user_lock {
    s16 type, whence;
    s64 start, length;
    s32 pid;
};
static_assert(sizeof(struct user_lock) == 24, "i386 aligns 64 bits to 4");

/* i386's struct flock. */
struct user_lock_short {
    s16 type, whence;
    s32 start, length, pid;
};

static bool is_short(u32 command)
{
    return command <= F_SETLKW;
}
static bool is_by_file(u32 command)
{
    return command >= F_OFD_GETLK;
}
static bool is_question(u32 command)
{
    return command == F_GETLK || command == F_GETLK64 || command == F_OFD_GETLK;
}
static bool is_patient(u32 command)
{
    return command == F_SETLKW || command == F_SETLKW64 || command == F_OFD_SETLKW;
}

static int read_request(u32 command, vaddr_t arg, struct user_lock *user)
{
    struct user_lock_short s;

    if (!is_short(command))
        return copy_from_user(user, arg, sizeof *user) ? -EFAULT : 0;
    if (copy_from_user(&s, arg, sizeof s))
        return -EFAULT;
    *user = (struct user_lock){s.type, s.whence, s.start, s.length, s.pid};
    return 0;
}

static int write_answer(u32 command, vaddr_t arg, const struct user_lock *user)
{
    if (!is_short(command))
        return copy_to_user(arg, user, sizeof *user) ? -EFAULT : 0;
    struct user_lock_short s = {user->type, user->whence, (s32)user->start, (s32)user->length, user->pid};
    if (s.start != user->start || s.length != user->length)
        return -EOVERFLOW;
    return copy_to_user(arg, &s, sizeof s) ? -EFAULT : 0;
}

/* Where the range counts from, or -1. */
static s64 base_of(struct file *file, int whence)
{
    switch (whence) {
    case SEEK_SET:
        return 0;
    case SEEK_CUR:
        return file->ops->seekable ? file_seek(file, 0, SEEK_CUR) : 0;
    case SEEK_END:
        return READ_ONCE(file->inode->size);
    default:
        return -1;
    }
}

/* The bytes that the request means: a negative length counts back from its start, 0 is all from there on. */
static int set_range(struct file *file, const struct user_lock *user, struct file_lock *lock)
{
    s64 base = base_of(file, user->whence), first, last = (s64)FILE_LOCK_TO_END;

    if (base < 0)
        return -EINVAL;
    if (__builtin_add_overflow(base, user->start, &first))
        return -EOVERFLOW;
    if (user->length > 0 && __builtin_add_overflow(first, user->length - 1, &last))
        return -EOVERFLOW;
    if (user->length < 0) {
        last = first - 1;
        if (__builtin_add_overflow(first, user->length, &first))
            return -EINVAL;
    }
    if (first < 0)
        return -EINVAL;
    lock->first = (u64)first;
    lock->last = (u64)last;
    return 0;
}

static int set_type(struct file *file, int type, bool question, struct file_lock *lock)
{
    switch (type) {
    case F_RDLCK:
        lock->type = FILE_LOCK_SHARED;
        return question || file_readable(file) ? 0 : -EBADF;
    case F_WRLCK:
        lock->type = FILE_LOCK_EXCLUSIVE;
        return question || file_writable(file) ? 0 : -EBADF;
    case F_UNLCK:
        lock->type = FILE_UNLOCK;
        return question ? -EINVAL : 0;
    default:
        return -EINVAL;
    }
}

static int answer(struct file *file, u32 command, vaddr_t arg, struct user_lock *user,
                  const struct file_lock *asked)
{
    struct file_lock other;

    user->type = F_UNLCK;
    if (file_lock_find(file->inode, asked, &other)) {
        user->type = other.type == FILE_LOCK_EXCLUSIVE ? F_WRLCK : F_RDLCK;
        user->whence = SEEK_SET;
        user->start = (s64)other.first;
        user->length = other.last == FILE_LOCK_TO_END ? 0 : (s64)(other.last - other.first + 1);
        user->pid = (s32)other.pid;
    }
    return write_answer(command, arg, user);
}

struct numbered {
    struct file *file;
    int fd;
};

/* Not closed by another thread; and what has been opened there since would be another file. */
static bool is_open(const void *arg)
{
    const struct numbered *numbered = arg;
    struct file *now = fd_get(numbered->fd);

    file_put(now);
    return now == numbered->file;
}

s32 file_lock_fcntl(struct file *file, int fd, u32 command, vaddr_t arg)
{
    bool by_file = is_by_file(command), question = is_question(command);
    struct file_lock lock = {.kind = FILE_LOCK_BYTES,
                             .owner = by_file ? (void *)file : (void *)thread_current()->files,
                             .pid = by_file ? (u32)-1 : (u32)process_current()->pid};
    struct user_lock user;
    int error;

    if ((error = read_request(command, arg, &user)) || (error = set_range(file, &user, &lock)) ||
        (error = set_type(file, user.type, question, &lock)))
        return error;
    if (by_file && user.pid)
        return -EINVAL;
    if (question)
        return answer(file, command, arg, &user, &lock);
    if (by_file) /* its locks go with the file itself, which the caller holds */
        return file_lock_set(file->inode, &lock, is_patient(command));
    struct numbered numbered = {file, fd};
    return file_lock_set_while_open(file->inode, &lock, is_patient(command), is_open, &numbered);
}

#define LOCK_SH 1u
#define LOCK_EX 2u
#define LOCK_NB 4u
#define LOCK_UN 8u

/* Two that share a file and both want it alone would wait for ever: who waits has nothing. */
static s32 wait_with_nothing(struct inode *inode, const struct file_lock *wanted)
{
    struct file_lock nothing = *wanted;
    nothing.type = FILE_UNLOCK;
    int error = file_lock_set(inode, &nothing, false);
    return error ? error : file_lock_set(inode, wanted, true);
}

s32 sys_flock(int fd, u32 operation)
{
    static const enum file_lock_type types[] = {
        [LOCK_SH] = FILE_LOCK_SHARED, [LOCK_EX] = FILE_LOCK_EXCLUSIVE, [LOCK_UN] = FILE_UNLOCK};
    u32 what = operation & ~LOCK_NB;
    if (what != LOCK_SH && what != LOCK_EX && what != LOCK_UN)
        return -EINVAL;
    struct file *file = fd_get(fd);
    if (!file)
        return -EBADF;
    struct file_lock lock = {
        .last = FILE_LOCK_TO_END, .type = types[what], .kind = FILE_LOCK_WHOLE, .owner = file};
    s32 result = file_lock_set(file->inode, &lock, false);
    if (result == -EAGAIN && !(operation & LOCK_NB))
        result = wait_with_nothing(file->inode, &lock);
    file_put(file);
    return result;
}
