/* Inodes: birth, references, death. */
#include "fs/inode.h"
#include "arch/clock.h"
#include "diag/assert.h"
#include "diag/panic.h"
#include "diag/race.h"
#include "fs/dir.h"
#include "fs/file.h"
#include "fs/tmpfs.h"
#include "lib/string.h"
#include "mm/kernel/slab.h"
#include "mm/space/mm.h"

DEFINE_SLAB(inode_cache, struct inode, NULL);
struct rwsem fs_tree_lock;
struct inode *fs_root;
static atomic_t last_ino;

u64 fs_now(void)
{
    return clock_wall_seconds() * 1000000000ull + clock_ns();
}

void *fs_alloc(size_t size)
{
    void *p = kmalloc(size, GFP_KERNEL);
    if (p)
        memset(p, 0, size);
    return p;
}

struct inode *inode_create(u32 mode, const struct file_ops *file_ops, const struct inode_ops *ops)
{
    assert((mode & S_IFMT) != 0);
    struct inode *inode = slab_alloc(&inode_cache, GFP_KERNEL);
    if (!inode)
        return NULL;
    memset(inode, 0, sizeof(*inode));
    atomic_set(&inode->refs, 1);
    inode->ino = (u32)atomic_inc(&last_ino);
    inode->mode = mode;
    inode->file_ops = file_ops;
    inode->ops = ops;
    inode->atime = inode->mtime = inode->ctime = fs_now();
    mutex_init(&inode->lock, "inode", FILE);
    list_init(&inode->dir.order);
    tmpfs_mapping_init(inode);
    inode->mapping.number = inode->ino;
    return inode;
}

void inode_get(struct inode *inode)
{
    int refs = atomic_inc(&inode->refs);
    assert(refs > 1);
}

void inode_put(struct inode *inode)
{
    if (!inode)
        return;
    int refs = atomic_dec(&inode->refs);
    assert(refs >= 0);
    if (refs > 0)
        return;
    assert(list_is_empty(&inode->dir.order) && !inode->dentry && !inode->locks);
    if (inode->ops && inode->ops->release)
        inode->ops->release(inode);
    mapping_drop(&inode->mapping, 0);
    kfree(inode->target);
    slab_free(&inode_cache, inode);
}

/* Only named files: a memfd is executed by who wrote it. */
int inode_begin_writing(struct inode *inode)
{
    if (!inode->counts)
        return 0;
    bool looked = mutant(R63) && !atomic_read(&inode->mapping.executed);
    if (!mutant(R63))
        atomic_inc(&inode->writers); /* a full barrier */
    race_point(R63);                 /* who executes it now sees that count, or we see his */
    if (mutant(R63))
        atomic_inc(&inode->writers);
    if (looked || !atomic_read(&inode->mapping.executed))
        return 0;
    inode_end_writing(inode);
    return -ETXTBSY;
}

void inode_end_writing(struct inode *inode)
{
    int left = inode->counts ? atomic_dec(&inode->writers) : 0;
    assert(left >= 0);
}

bool inode_is_written(struct inode *inode)
{
    return inode->counts &&
           (atomic_read(&inode->writers) || mapping_is_mapped(&inode->mapping, VM_SHARED | VM_MAYWRITE));
}

void fs_init(void)
{
    rwsem_init(&fs_tree_lock, "fs_tree_lock", FILE);
    fs_root = tmpfs_create(S_IFDIR | 0755);
    if (!fs_root)
        panic("no memory for the root directory");
    fs_root->dir.parent = fs_root;
    fs_root->nlink = 2;
}
