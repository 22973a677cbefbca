/*
 * R47: a dirty page is written back while some CPU can still write it through its TLB. Whatever that CPU
 * stores must be in what was written, or leave the page dirty.
 *
 * Two ways to lose it. The entry may be read-only and not yet flushed (the cleaner's own order):
 *
 *   T1 (CPU 0): msync: entries read-only             T1@R47
 *   T2 (CPU 2): stores through its TLB: no fault
 *   T1: flushes, and only now writes the page back
 *
 * Or it may be gone and not yet flushed: then the cleaner finds nothing to protect, and the one who took it
 * out must say afterwards that the page was written.
 *
 *   T1 (CPU 0): DONTNEED: entry with D taken out     T1@R47
 *   T3 (CPU 1): msync: no entry; writes the page back, it is clean
 *   T2 (CPU 2): stores through its TLB: no fault
 *   T1: flushes, and marks the page dirty
 */
#include "tests/scenario.h"
#include "tests/slow_file.h"

#define MADV_DONTNEED 4
#define MS_SYNC       4

struct cleaning {
    struct mm *mm;
    struct mapping *file;
    vaddr_t page;
    u32 warm, go;
};

/* Stores once by a fault, and again when told to. It never leaves its CPU between. */
static void store_twice(void *arg)
{
    struct cleaning *c = arg;

    user_store(c->page, 1);
    store_release(&c->warm, 1);
    scene_await(&c->go);
    user_store(c->page, 2);
}

static void sync(void *arg)
{
    struct cleaning *c = arg;

    check_eq(again(mm_msync(c->mm, c->page, PAGE_SIZE, MS_SYNC)), 0);
}

static void drop(void *arg)
{
    struct cleaning *c = arg;

    check_eq(again(mm_madvise(c->mm, c->page, PAGE_SIZE, MADV_DONTNEED)), 0);
}

static struct actor *begin(struct scene *s, struct cleaning *c)
{
    *c = (struct cleaning){.mm = scene_mm(s), .file = slow_file_create(1, 0)};
    c->page = scene_mmap_file(s, c->file, 1, VM_RW | VM_SHARED);
    struct actor *writer = actor_start(s, 2, store_twice, c);
    while (!load_acquire(&c->warm))
        task_yield();
    return writer;
}

/* All has ended. What a sync writes now is all that there is. */
static void end(struct scene *s, struct cleaning *c)
{
    scene_join(s);
    sync(c);
    check_eq(slow_file_stored(c->file, 0, 0), 2);
    u32 writes = slow_file_writes(c->file);
    sync(c);
    check_eq(slow_file_writes(c->file), writes); /* clean is clean */
    check_eq(again(mm_munmap(c->mm, c->page, PAGE_SIZE)), 0);
    slow_file_free(c->file);
    scene_end(s);
}

TEST(r47_written_before_flush, .cpus = 3,
     .shows = "a page is written back when no CPU can write it any more through its TLB, not before")
{
    struct scene *s = scene_begin();
    struct cleaning c;
    struct actor *writer = begin(s, &c);

    scene_stop(s, R47);
    struct actor *cleaner = actor_start(s, 0, sync, &c);
    if (scene_wait_caught(s, R47)) {
        check(!pte_writable(scene_pte(c.mm, c.page)));
        store_release(&c.go, 1);
        actor_settle(writer);
        scene_release(s, R47);
        actor_join(s, cleaner);
    }
    end(s, &c);
}

TEST(r47_cleaned_beside_zap, .cpus = 3,
     .shows = "a page cleaned between the end of its entry and the flush is dirty again after it")
{
    struct scene *s = scene_begin();
    struct cleaning c;
    struct actor *writer = begin(s, &c);

    scene_stop(s, R47);
    struct actor *dropper = actor_start(s, 0, drop, &c);
    if (scene_wait_caught(s, R47)) {
        actor_run(s, 1, sync, &c);
        check_eq(slow_file_stored(c.file, 0, 0), 1);
        store_release(&c.go, 1);
        actor_settle(writer);
        scene_release(s, R47);
        actor_join(s, dropper);
    }
    end(s, &c);
}

static void store_third(void *arg)
{
    struct cleaning *c = arg;

    user_store(c->page, 3);
}
static void store_again(void *arg)
{
    struct cleaning *c = arg;

    user_store(c->page, 2);
}

TEST(r47_clean_everywhere, .cpus = 2,
     .shows = "after msync a page is clean in every space that maps it, and a store in any makes it dirty")
{
    struct scene *s = scene_begin();
    struct cleaning c = {.mm = scene_mm(s), .file = slow_file_create(1, 0)};

    c.page = scene_mmap_file(s, c.file, 1, VM_RW | VM_SHARED);
    struct mm *child = obtain(mm_fork(c.mm));
    actor_run(s, 0, store_third, &c);
    actor_join(s, actor_start_in(s, child, 1, store_third, &c));
    sync(&c);
    check_eq(slow_file_stored(c.file, 0, 0), 3);
    check(!pte_writable(scene_pte(c.mm, c.page)) && !pte_dirty(scene_pte(c.mm, c.page)));
    check(!pte_writable(scene_pte(child, c.page)) && !pte_dirty(scene_pte(child, c.page)));
    actor_join(s, actor_start_in(s, child, 1, store_again, &c));
    mm_put_user(child);
    end(s, &c);
}
