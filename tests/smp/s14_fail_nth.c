/*
 * S14, for all of mm/: the life of an address space, again and again, with the first allocation refused, then
 * the second, and so on until none is left. Whatever was refused, the error that comes out is -ENOMEM (or
 * -EFAULT, from a user access), every frame comes back, and the next life is a whole one.
 */
#include "lib/errno.h"
#include "mm/file/mapping.h"
#include "mm/frame/alloc_fail.h"
#include "mm/frame/frames.h"
#include "mm/kernel/kvalloc.h"
#include "mm/kernel/slab.h"
#include "tests/scenario.h"

#define PAGES     6u
#define SITES_MAX 32u
#define NTH_MAX   400u

struct life {
    struct mapping *file;
    u32 refused; /* calls that said so */
};

static struct {
    vaddr_t ip;
    u32 injected, refused;
} sites[SITES_MAX];

static void note_error(struct life *life, int error)
{
    if (error >= 0)
        return;
    life->refused++;
    if (error != -ENOMEM && error != -EFAULT)
        test_fail(__FILE__, __LINE__, "error %d", error);
}

static vaddr_t try_map(struct life *life, struct mm *mm, struct mapping *file, u32 vm_flags)
{
    struct mmap_request request = {
        .length = PAGES * PAGE_SIZE, .vm_flags = vm_flags | VM_MAYWRITE, .mapping = file};
    s32 addr = mm_mmap(mm, &request);

    note_error(life, mm_is_error(addr) ? addr : 0);
    return mm_is_error(addr) ? 0 : (vaddr_t)addr;
}

/* Faults for reading, then for writing: the zero page, a copy of it; a file's page, a copy of that. */
static void touch(struct life *life, vaddr_t start)
{
    u32 value;

    for (u32 i = 0; start && i < PAGES; i++) {
        note_error(life, user_load_u32(start + i * PAGE_SIZE, &value));
        note_error(life, user_store_u32(start + i * PAGE_SIZE, i));
    }
}

/* A child that shares everything; the parent's next stores copy. */
static void fork_and_write(struct life *life, struct mm *mm, vaddr_t start)
{
    struct mm *child = mm_fork(mm);

    note_error(life, child ? 0 : -ENOMEM);
    touch(life, start);
    if (child)
        mm_put_user(child);
}

static void live(struct life *life, struct mm *mm)
{
    vaddr_t plain = try_map(life, mm, NULL, VM_RW), file = try_map(life, mm, life->file, VM_RW),
            shared = try_map(life, mm, NULL, VM_RW | VM_SHARED);

    touch(life, plain);
    touch(life, file);
    touch(life, shared);
    fork_and_write(life, mm, plain);
    if (plain) { /* each splits a region: descriptors are needed even to give memory back */
        note_error(life, mm_mprotect(mm, plain + PAGE_SIZE, PAGE_SIZE, VM_READ));
        note_error(life, mm_munmap(mm, plain + 3 * PAGE_SIZE, PAGE_SIZE));
        s32 moved = mm_mremap(mm, plain, PAGE_SIZE, 2 * PDE_SIZE, 1, 0); /* MREMAP_MAYMOVE */
        note_error(life, mm_is_error(moved) ? moved : 0);
    }
}

/* From nothing to nothing; returns how many of its calls were refused. */
static u32 whole_life(struct mapping *file)
{
    struct life life = {.file = file};
    struct mm *mm = mm_create();

    if (!mm)
        return 1;
    mm_switch_task(mm);
    live(&life, mm);
    mm_leave_task(); /* the last user: everything is unmapped, with no allocation that could fail */
    void *p = kvalloc(3 * PAGE_SIZE, "s14", KV_ZERO), *q = kmalloc(100, GFP_KERNEL),
         *r = kmalloc(3 * PAGE_SIZE, GFP_KERNEL);
    life.refused += !p + !q + !r;
    kvfree(p);
    kfree(q);
    kfree(r);
    return life.refused;
}

static void note_site(u32 *n, u32 refused)
{
    vaddr_t ip = alloc_fail_site();

    for (u32 i = 0; i < *n; i++) {
        if (sites[i].ip == ip) {
            sites[i].injected++;
            sites[i].refused += refused != 0;
            return;
        }
    }
    if (*n < SITES_MAX) {
        sites[*n].ip = ip;
        sites[*n].injected = 1;
        sites[(*n)++].refused = refused != 0;
    }
}

/* Nothing in any stock: each life then needs the same frames, and each slab has to be grown. */
static u32 empty_stocks(struct mapping *file)
{
    scene_drain();
    mapping_drop(file, 0);
    kvalloc_purge();
    slab_reap();
    return frames_users();
}

TEST(s14_fail_nth, .limit_ticks = 100000, .no_refusals = "refusals are its subject: it makes them itself",
     .shows = "whichever allocation is refused: an errno at the edge, no leak, and the next try succeeds")
{
    refusal_pause(); /* the explorer's, which come all the same */
    struct mapping *file = scene_file(PAGES);
    u32 n = 0, nth = 1;

    check_eq(whole_life(file), 0); /* what is made once is made now */
    u32 before = empty_stocks(file);
    for (; nth < NTH_MAX && !test_failed(); nth++) {
        alloc_fail_nth(nth);
        u32 refused = whole_life(file), asked = alloc_fail_count();
        alloc_fail_nth(0);
        check_eq(empty_stocks(file), before);
        check(kv_check());
        if (asked < nth) {
            check_eq(refused, 0);
            break;
        }
        note_site(&n, refused);
    }
    check(nth > 20 && nth < NTH_MAX);
    for (u32 i = 0; i < n; i++)
        test_note("%3u refused, %3u of them seen by the caller: %pS", sites[i].injected, sites[i].refused,
                  (void *)sites[i].ip);
    test_note("%u allocations refused one by one, %u sites, frames leaked: %d", nth - 1, n,
              (int)(frames_users() - before));
    scene_file_free(file);
}
