/*
 * R35: write(2) into a file's page from a buffer that is a mapping of a file's page. The copy faults, and the
 * fault may want a page lock or mmap_lock; so a copy that held the lock of its own page could wait
 *
 *   for itself         into A from a mapping of A
 *   in a circle        T1 into A from B, T2 into B from A
 *   against the order  T1 into A, and its fault wants mmap_lock; T2 has mmap_lock and waits for A
 *
 * The page is pinned instead. And R36, the same one floor up: a file's own lock is taken before mmap_lock by
 * write(2), so nothing that a fault asks of a file may take it.
 */
#include "fs/page_io.h"
#include "fs/tmpfs.h"
#include "lib/errno.h"
#include "mm/file/mapping.h"
#include "tests/scenario.h"

#define BYTES 64u

struct writers {
    struct mm *mm;
    struct page *page[2];
    vaddr_t mapped[2]; /* of the same two pages, untouched */
    vaddr_t anonymous;
};

/* What write(2) does for one page of its file. */
static void write_page(struct page *page, vaddr_t buffer)
{
    check_eq(again(page_from_user(page, 0, buffer, BYTES)), BYTES);
}
static void write_itself(void *arg)
{
    struct writers *w = arg;

    write_page(w->page[0], w->mapped[0]);
}
static void write_a_from_b(void *arg)
{
    struct writers *w = arg;

    write_page(w->page[0], w->mapped[1]);
}
static void write_b_from_a(void *arg)
{
    struct writers *w = arg;

    write_page(w->page[1], w->mapped[0]);
}
static void write_a_from_memory(void *arg)
{
    struct writers *w = arg;

    write_page(w->page[0], w->anonymous);
}
static lock_implementation void wait_for_a_in_the_map(void *arg)
{
    struct writers *w = arg;

    rwsem_write_lock(&w->mm->mmap_lock);
    page_wait_unlocked(w->page[0]);
    rwsem_write_unlock(&w->mm->mmap_lock);
}

static void writers_begin(struct writers *w, struct scene *s, struct mapping *file)
{
    vaddr_t base = scene_mmap_file(s, file, 2, VM_RW | VM_SHARED);
    int error;

    *w = (struct writers){.mm = scene_mm(s), .anonymous = scene_mmap(s, 1, VM_RW)};
    for (u32 i = 0; i < 2; i++) {
        w->mapped[i] = base + i * PAGE_SIZE;
        w->page[i] = obtain(mapping_read(file, i, &error));
        assert(w->page[i] != NULL);
    }
}
static void writers_end(struct writers *w, struct scene *s, struct mapping *file)
{
    scene_join(s);
    for (u32 i = 0; i < 2; i++)
        page_put(w->page[i]);
    mapping_drop(file, 0);
    scene_end(s);
    scene_file_free(file);
}

TEST(
    r35_write_own_page, .cpus = 2, .limit_ticks = 3000,
    .shows = "a write to a file from a mapping of the page it writes ends; so do two that write each other's")
{
    struct mapping *file = scene_file(2);
    struct scene *s = scene_begin();
    struct writers w;

    writers_begin(&w, s, file);
    actor_run(s, 0, write_itself, &w);
    scene_stop(s, R35);
    struct actor *first = actor_start(s, 0, write_a_from_b, &w);
    if (scene_wait_caught(s, R35)) {
        actor_run(s, 1, write_b_from_a, &w);
        scene_release(s, R35);
    }
    actor_join(s, first);
    writers_end(&w, s, file);
}

TEST(r35_write_against_map_change, .cpus = 2, .limit_ticks = 3000,
     .shows =
         "one that changes the map and waits for a page does not wait for a write whose copy wants the map")
{
    struct mapping *file = scene_file(2);
    struct scene *s = scene_begin();
    struct writers w;

    writers_begin(&w, s, file);
    scene_stop(s, R35);
    struct actor *first = actor_start(s, 0, write_a_from_memory, &w);
    if (scene_wait_caught(s, R35)) {
        actor_run(s, 1, wait_for_a_in_the_map, &w);
        scene_release(s, R35);
    }
    actor_join(s, first);
    writers_end(&w, s, file);
}

static void fault_file(void *base)
{
    user_load((vaddr_t)base);
}

TEST(r36_file_lock_inversion, .limit_ticks = 3000,
     .shows = "what a fault asks of a file takes none of the locks that write(2) holds while it copies")
{
    struct inode *inode = obtain(inode_create(S_IFREG | 0600, NULL, NULL));
    struct scene *s = scene_begin();

    assert(inode != NULL);
    inode->size = PAGE_SIZE;
    vaddr_t base = scene_mmap_file(s, &inode->mapping, 1, VM_READ);
    actor_run(s, 0, fault_file, (void *)base);
    mapping_drop(&inode->mapping, 0);
    scene_end(s);
    inode_put(inode);
}
