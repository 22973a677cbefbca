/* The memory devices, and the tree of /dev. */
#include "fs/devices.h"
#include "arch/clock.h"
#include "arch/user.h"
#include "fs/dir.h"
#include "fs/path.h"
#include "fs/tmpfs.h"
#include "fs/tty.h"
#include "lib/random.h"
#include "lib/string.h"

/* One stream for all: a lost update between two CPUs only makes it less even. */
DEFINE_SPINLOCK(random_lock, LEAF);
static struct random stream;

void random_fill(void *to, size_t n)
{
    u8 *p = to;
    irqflags_t flags = spin_lock_irq_save(&random_lock);
    stream.state ^= cpu_cycles();
    if (!stream.state)
        random_seed(&stream, clock_ns() + 1);
    for (size_t i = 0; i < n; i++)
        p[i] = (u8)random_next(&stream);
    spin_unlock_irq_restore(&random_lock, flags);
}

static s32 null_read(struct file *file, vaddr_t user, size_t n, u64 *position)
{
    return 0;
}
static s32 null_write(struct file *file, vaddr_t user, size_t n, u64 *position)
{
    return (s32)n;
}
static s32 full_write(struct file *file, vaddr_t user, size_t n, u64 *position)
{
    return -ENOSPC;
}
static s32 zero_read(struct file *file, vaddr_t user, size_t n, u64 *position)
{
    return clear_user(user, n) ? -EFAULT : (s32)n;
}

static s32 random_read(struct file *file, vaddr_t user, size_t n, u64 *position)
{
    u8 chunk[64];
    for (size_t done = 0; done < n; done += sizeof(chunk)) {
        size_t part = MIN(n - done, sizeof(chunk));
        random_fill(chunk, part);
        if (copy_to_user(user + done, chunk, part))
            return done ? (s32)done : -EFAULT;
        if (task_is_killed(current))
            return (s32)(done + part);
    }
    return (s32)n;
}

static const struct file_ops null_ops = {.read = null_read, .write = null_write, .placeless = true};
static const struct file_ops zero_ops = {.read = zero_read, .write = null_write, .placeless = true};
static const struct file_ops full_ops = {.read = zero_read, .write = full_write, .placeless = true};
static const struct file_ops random_ops = {.read = random_read, .write = null_write, .placeless = true};

static const struct {
    const char *name;
    u32 rdev; /* Linux's numbers: Documentation/admin-guide/devices.txt */
    const struct file_ops *ops;
} devices[] = {
    {"null", 0x103, &null_ops},        {"zero", 0x105, &zero_ops},      {"full", 0x107, &full_ops},
    {"random", 0x108, &random_ops},    {"urandom", 0x109, &random_ops}, {"tty", 0x500, &tty_file_ops},
    {"console", 0x501, &tty_file_ops},
};

struct inode *device_node(u32 rdev, u32 permissions)
{
    const struct file_ops *ops = NULL;
    for (unsigned i = 0; i < ARRAY_SIZE(devices); i++)
        if (devices[i].rdev == rdev)
            ops = devices[i].ops;
    struct inode *inode = inode_create(S_IFCHR | permissions, ops, NULL);
    if (inode)
        inode->rdev = rdev;
    return inode;
}

/* An archive may have brought a node of this name; ours replaces it, since a node without operations is dead.
 */
static int device_add(struct inode *dev, unsigned i)
{
    struct inode *inode = device_node(devices[i].rdev, 0666);
    if (!inode)
        return -ENOMEM;
    int error = dir_unlink(dev, devices[i].name, false);
    if (!error || error == -ENOENT)
        error = dir_link(dev, devices[i].name, inode);
    inode_put(inode);
    return error;
}

static int dir_ensure(struct inode *parent, const char *name, u32 mode)
{
    struct inode *dir = tmpfs_create(S_IFDIR | mode);
    if (!dir)
        return -ENOMEM;
    int error = dir_link(parent, name, dir);
    inode_put(dir);
    return error == -EEXIST ? 0 : error;
}

int devices_init(void)
{
    int error = dir_ensure(fs_root, "dev", 0755);
    if (!error)
        error = dir_ensure(fs_root, "tmp", 01777);
    struct inode *dev = error ? NULL : path_inode(fs_root, "/dev", PATH_FOLLOW, &error);
    if (!dev)
        return error;
    error = inode_is_dir(dev) ? 0 : -ENOTDIR;
    for (unsigned i = 0; i < ARRAY_SIZE(devices) && !error; i++)
        error = device_add(dev, i);
    if (!error)
        error = dir_ensure(dev, "shm", 01777);
    inode_put(dev);
    return error;
}
