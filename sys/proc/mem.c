/*
 * /proc/PID/mem and pagemap: a space as a file. An open file keeps the structure and not the contents: a read
 * after the program's end finds nothing (R39). proc(5).
 */
#include "arch/user.h"
#include "diag/assert.h"
#include "fs/file.h"
#include "mm/fault/fault.h"
#include "mm/kernel/slab.h"
#include "mm/space/measure.h"
#include "sys/proc/snapshot.h"

static int space_open(struct file *file)
{
    struct mm *mm = proc_mm((s32)(uintptr_t)file->inode->data);
    if (!mm)
        return -ESRCH;
    mm_get(mm);
    mm_put_user(mm);
    file->data = mm;
    return 0;
}

static void space_release(struct file *file)
{
    mm_put(file->data);
}

/* Moves a piece within one page. The copy on the caller's side runs with nothing held of the other's. */
static s32 move_piece(struct mm *mm, vaddr_t at, vaddr_t user, u8 *buffer, u32 n, bool write)
{
    if (write && copy_from_user(buffer, user, n))
        return -EFAULT;
    if (mm_access(mm, at, buffer, n, (write ? ACCESS_WRITE : ACCESS_READ) | ACCESS_FORCE) < n)
        return -EIO;
    return !write && copy_to_user(user, buffer, n) ? -EFAULT : (s32)n;
}

static s32 mem_transfer(struct file *file, vaddr_t user, size_t n, u64 *position, bool write)
{
    struct mm *mm = file->data;
    s32 done = 0, moved = 0;
    if (!mm_visit_begin(mm))
        return 0;
    u8 *buffer = kmalloc(PAGE_SIZE, GFP_KERNEL);
    moved = buffer ? 0 : -ENOMEM;
    while (moved >= 0 && (u32)done < n) {
        u64 at = *position + (u32)done;
        u32 part = MIN(n - (u32)done, PAGE_SIZE - (u32)at % PAGE_SIZE);
        moved = at < USER_END ? move_piece(mm, (vaddr_t)at, user + (u32)done, buffer, part, write) : -EIO;
        done += MAX(moved, 0);
    }
    kfree(buffer);
    mm_visit_end(mm);
    *position += (u32)done;
    return done ? done : moved;
}

static s32 mem_read(struct file *file, vaddr_t user, size_t n, u64 *position)
{
    return mem_transfer(file, user, n, position, false);
}
static s32 mem_write(struct file *file, vaddr_t user, size_t n, u64 *position)
{
    return mem_transfer(file, user, n, position, true);
}

#define PAGEMAP_BATCH 32u

static s32 pagemap_visit(struct mm *mm, vaddr_t user, u32 first, u32 n)
{
    u64 entries[PAGEMAP_BATCH];
    u32 done = 0;
    int error = 0;
    while (done < n && !error) {
        u32 batch = MIN(n - done, PAGEMAP_BATCH);
        error = mm_pagemap(mm, first + done, batch, entries);
        if (!error && copy_to_user(user + done * 8u, entries, batch * 8u))
            error = -EFAULT;
        done += error ? 0 : batch;
    }
    return done ? (s32)(done * 8u) : error;
}

static s32 pagemap_read(struct file *file, vaddr_t user, size_t n, u64 *position)
{
    const u32 pages = USER_END >> PAGE_SHIFT;
    if (*position % 8 || n % 8)
        return -EINVAL;
    if (*position / 8 >= pages || !mm_visit_begin(file->data))
        return 0;
    u32 first = (u32)(*position / 8);
    s32 done = pagemap_visit(file->data, user, first, MIN((u32)n / 8u, pages - first));
    mm_visit_end(file->data);
    *position += (u32)MAX(done, 0);
    return done;
}

static const struct file_ops mem_ops = {
    .open = space_open, .release = space_release, .read = mem_read, .write = mem_write, .seekable = true};
static const struct file_ops pagemap_ops = {
    .open = space_open, .release = space_release, .read = pagemap_read, .seekable = true};

static struct inode *create(const struct file_ops *ops, u32 mode, u32 who)
{
    struct inode *inode = inode_create(S_IFREG | mode, ops, NULL);
    if (inode)
        inode->data = (void *)(uintptr_t)who;
    return inode;
}
struct inode *proc_mem_create(u32 who)
{
    return create(&mem_ops, 0600, who);
}
struct inode *proc_pagemap_create(u32 who)
{
    return create(&pagemap_ops, 0400, who);
}
