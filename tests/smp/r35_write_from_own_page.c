/*
 * R35, R36: write(2) from a buffer that is the file itself. The copy reads the program's memory, faults, and
 * the fault wants the page that is being written, the file that is locked, and mmap_lock.
 *
 *     write: the file's lock > copy_from_user > fault: mmap_lock > the file's page
 *
 * So a page may not be locked around the copy (R35), and nothing below mmap_lock may ask for a file's lock
 * (R36).
 */
#include "fs/file.h"
#include "fs/tmpfs.h"
#include "tests/scenario.h"

#define HALF (PAGE_SIZE / 2)

struct self_write {
    struct inode *inode;
    struct file *file;
    vaddr_t base;
    u32 loaded;
};

static void make_file(struct self_write *w, u32 pages)
{
    const u32 first = 0x5e1f;
    int error;

    w->inode = tmpfs_create(S_IFREG | 0600);
    assert(w->inode);
    check_eq(tmpfs_truncate(w->inode, pages * PAGE_SIZE), 0);
    check_eq(tmpfs_write_kernel(w->inode, &first, sizeof first, 0), 0);
    w->file = file_open(w->inode, O_RDWR, &error);
    assert(w->file);
}

static void drop_file(struct self_write *w)
{
    scene_drain();
    file_put(w->file);
    inode_put(w->inode);
}

/* The first half of page 0, which no entry maps yet, to its second half. */
static void write_from_itself(void *arg)
{
    struct self_write *w = arg;

    check_eq(file_pwrite(w->file, w->base, HALF, HALF), HALF);
    check_eq(user_load(w->base + HALF), 0x5e1f);
}

TEST(
    r35_write_from_own_page, .cpus = 1, .limit_ticks = 3000,
    .shows =
        "write(2) from a buffer that maps the very page being written: no lock of the page is held meanwhile")
{
    struct self_write w;

    make_file(&w, 1);
    struct scene *s = scene_begin();
    w.base = scene_mmap_file(s, &w.inode->mapping, 1, VM_RW | VM_SHARED);
    actor_run(s, 0, write_from_itself, &w);
    scene_end(s);
    drop_file(&w);
}

static void load_next_page(void *arg) /* which the file does not have in memory yet */
{
    struct self_write *w = arg;

    w->loaded = user_load(w->base + PAGE_SIZE);
}

TEST(
    r36_fault_beside_a_locked_file, .cpus = 2, .limit_ticks = 3000,
    .shows =
        "a fault reads a page of a file whose lock a write(2) holds in its copy: it needs no lock of the file")
{
    struct self_write w;

    make_file(&w, 2);
    struct scene *s = scene_begin();
    w.base = scene_mmap_file(s, &w.inode->mapping, 2, VM_RW | VM_SHARED);
    check(scene_overtake(s, R36, write_from_itself, load_next_page, &w));
    check_eq(w.loaded, 0);
    mapping_drop(&w.inode->mapping, 1); /* read in during the scene: its frame is not the space's */
    scene_end(s);
    drop_file(&w);
}
