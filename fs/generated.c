/* Text made on demand, and the files that show it. */
#include "fs/generated.h"
#include "arch/user.h"
#include "diag/assert.h"
#include "fs/dir.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/kernel/kvalloc.h"
#include "mm/kernel/slab.h"

struct generator {
    text_maker make;
    text_taker take;
    u32 arg;
};

/* Room for n more bytes and a NUL. Doubles, so that printing is linear. */
static bool text_reserve(struct text *t, size_t n)
{
    if (t->failed || t->length + n + 1 <= t->room)
        return !t->failed;
    size_t room = MAX(t->room * 2, ALIGN_UP(t->length + n + 1, PAGE_SIZE));
    char *p = kvalloc(room, "generated text", 0);
    if (!p) {
        t->failed = true;
        return false;
    }
    if (t->p)
        memcpy(p, t->p, t->length);
    kvfree(t->p);
    t->p = p;
    t->room = room;
    return true;
}

void text_append(struct text *t, const void *bytes, size_t n)
{
    if (!text_reserve(t, n))
        return;
    memcpy(t->p + t->length, bytes, n);
    t->length += n;
}

void text_print(struct text *t, const char *fmt, ...)
{
    if (!text_reserve(t, 200))
        return;
    va_list args;
    va_start(args, fmt);
    int n = fmt_vsnprintf(t->p + t->length, t->room - t->length, fmt, args);
    va_end(args);
    if (t->length + (size_t)n >= t->room) { /* longer than expected: once more with room for all of it */
        if (!text_reserve(t, (size_t)n))
            return;
        va_start(args, fmt);
        n = fmt_vsnprintf(t->p + t->length, t->room - t->length, fmt, args);
        va_end(args);
    }
    t->length += (size_t)n;
    assert(t->length < t->room);
}

static void text_free(struct text *t)
{
    kvfree(t->p);
    *t = (struct text){0};
}

/* Who begins again gets what is true now: programs keep such a file open and read it from its start. The maker
 * takes locks that come before the inode's. */
static int generated_before_read(struct file *file, u64 position)
{
    struct generator *g = file->inode->data;
    struct text *t = file->data, fresh = {0};
    if (position || !READ_ONCE(t->shown))
        return 0;
    g->make(&fresh, g->arg);
    if (fresh.failed) {
        text_free(&fresh);
        return -ENOMEM;
    }
    mutex_lock(&file->inode->lock);
    struct text stale = *t;
    *t = fresh;
    mutex_unlock(&file->inode->lock);
    text_free(&stale);
    return 0;
}

static s32 generated_read(struct file *file, vaddr_t user, size_t n, u64 *position)
{
    struct text *t = file->data;
    WRITE_ONCE(t->shown, true);
    if (*position >= t->length)
        return 0;
    n = MIN(n, t->length - (size_t)*position);
    if (copy_to_user(user, t->p + (size_t)*position, n))
        return -EFAULT;
    *position += n;
    return (s32)n;
}

/* The text is made at the open, with no lock held: makers look into other parts of the kernel. */
static int generated_open(struct file *file)
{
    struct generator *g = file->inode->data;
    if (file_writable(file) && !g->take)
        return -EACCES;
    struct text *t = fs_alloc(sizeof(*t));
    if (!t)
        return -ENOMEM;
    if (file_readable(file))
        g->make(t, g->arg);
    if (t->failed) {
        text_free(t);
        kfree(t);
        return -ENOMEM;
    }
    file->data = t;
    return 0;
}

static void generated_release(struct file *file)
{
    text_free(file->data);
    kfree(file->data);
}

static s32 generated_write(struct file *file, vaddr_t user, size_t n, u64 *position)
{
    char written[64];
    struct generator *g = file->inode->data;
    if (n >= sizeof(written))
        return -EINVAL;
    if (copy_from_user(written, user, n))
        return -EFAULT;
    written[n] = '\0';
    int error = g->take(written, g->arg);
    return error ? error : (s32)n;
}

static const struct file_ops generated_file_ops = {
    .open = generated_open,
    .release = generated_release,
    .read = generated_read,
    .before_read = generated_before_read,
    .write = generated_write,
    .seekable = true,
};

static void generator_release(struct inode *inode)
{
    kfree(inode->data);
}
static const struct inode_ops generated_inode_ops = {.release = generator_release};

struct inode *generated_create(text_maker make, text_taker take, u32 arg)
{
    struct generator *g = fs_alloc(sizeof(*g));
    struct inode *inode =
        g ? inode_create(S_IFREG | (take ? 0644u : 0444u), &generated_file_ops, &generated_inode_ops) : NULL;
    if (!inode) {
        kfree(g);
        return NULL;
    }
    *g = (struct generator){make, take, arg};
    inode->data = g;
    return inode;
}

int generated_add(struct inode *dir, const char *name, text_maker make, text_taker take)
{
    struct inode *inode = generated_create(make, take, 0);
    if (!inode)
        return -ENOMEM;
    int error = dir_link(dir, name, inode);
    inode_put(inode);
    return error;
}
