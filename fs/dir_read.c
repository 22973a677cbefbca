/* Reading a directory in pieces. A position is a cookie that stays valid while entries come and go around it.
 */
#include "diag/assert.h"
#include "fs/dir.h"

#define POSITION_PARENT    1u
#define POSITION_ENTRIES   2u
#define POSITION_ON_DEMAND 0x40000000u /* made-on-demand entries come after all stored ones */

static bool reader_offer(struct dir_reader *r, u64 position, const char *name, u32 ino, u32 mode)
{
    if (r->full || position < r->position)
        return !r->full;
    if (!r->add(r, name, ino, (mode & S_IFMT) >> 12, position + 1))
        r->full = true;
    else
        r->position = position + 1;
    return !r->full;
}

s32 dir_reader_index(const struct dir_reader *r)
{
    return r->position > POSITION_ON_DEMAND ? (s32)(r->position - POSITION_ON_DEMAND) : 0;
}

void dir_reader_add(struct dir_reader *r, u32 index, const char *name, u32 ino, u32 mode)
{
    reader_offer(r, POSITION_ON_DEMAND + index, name, ino, mode);
}

void dir_read(struct inode *dir, struct dir_reader *r)
{
    assert(inode_is_dir(dir));
    rwsem_read_lock(&fs_tree_lock);
    u32 parent_ino = dir->dir.parent ? dir->dir.parent->ino : dir->ino;
    reader_offer(r, 0, ".", dir->ino, S_IFDIR);
    reader_offer(r, POSITION_PARENT, "..", parent_ino, S_IFDIR);
    struct dentry *d;
    list_for_each (d, &dir->dir.order, order) {
        if (!reader_offer(r, POSITION_ENTRIES + d->cookie, d->name, d->inode->ino, d->inode->mode))
            break;
    }
    rwsem_read_unlock(&fs_tree_lock);
    if (!r->full && dir->ops && dir->ops->list)
        dir->ops->list(dir, r);
}
