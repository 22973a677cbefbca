/*
 * R56: frames that belong to more than one. The page of zeroes is everybody's and never counted; a frame that
 * somebody else holds, by fork or by a reference of his own, is not moved under him.
 */
#include "mm/space/compact.h"
#include "tests/scenario.h"

#define MADV_DONTNEED 4
#define ZEROES        scene_count(8u, 1u) /* pages of each CPU that show the page of zeroes */

struct reader {
    struct mm *mm;
    vaddr_t base;
};

static void read_all(const struct reader *r)
{
    for (u32 i = 0; i < ZEROES; i++)
        check_eq(user_load(r->base + i * PAGE_SIZE), 0);
}

static void give_back(const struct reader *r)
{
    read_all(r);
    check_eq(again(mm_madvise(r->mm, r->base, ZEROES * PAGE_SIZE, MADV_DONTNEED)), 0);
}
static void hide(const struct reader *r)
{
    read_all(r);
    check_eq(again(mm_mprotect(r->mm, r->base, ZEROES * PAGE_SIZE, 0)), 0);
    check_eq(again(mm_mprotect(r->mm, r->base, ZEROES * PAGE_SIZE, VM_READ)), 0);
}
static void unmap(const struct reader *r)
{
    read_all(r);
    check_eq(again(mm_munmap(r->mm, r->base, ZEROES * PAGE_SIZE)), 0);
}

/* By all ways out of a page table: given back, hidden and unmapped. Where every schedule is tried each CPU
 * goes one of them. */
static void map_and_drop(void *arg)
{
    const struct reader *r = arg;

    if (scene_count(true, cpu_id() == 0))
        give_back(r);
    if (scene_count(true, cpu_id() != 0))
        hide(r);
    if (scene_count(true, cpu_id() == 0))
        unmap(r);
}

TEST(r56_zero_page_count, .cpus = 2,
     .shows = "however many entries show the page of zeroes and go again on all CPUs, its counts do not move")
{
    struct scene *s = scene_begin();
    int refs = page_refs(zero_page), mappings = page_map_count(zero_page);
    struct reader readers[4];
    u32 n = MIN(cpu_count(), 4u);

    for (u32 i = 0; i < n; i++)
        readers[i] = (struct reader){scene_mm(s), scene_mmap(s, ZEROES, VM_READ)};
    for (u32 i = 0; i < n; i++)
        actor_start(s, i, map_and_drop, &readers[i]);
    scene_join(s);
    check_eq(page_refs(zero_page), refs);
    check_eq(page_map_count(zero_page), mappings);
    scene_end(s);
}

static void load_zero(void *page)
{
    check_eq(user_load((vaddr_t)page), 0);
}
static void store_seven(void *page)
{
    user_store((vaddr_t)page, 7);
}
static void check_seven(void *page)
{
    check_eq(user_load((vaddr_t)page), 7);
}

struct emptying {
    pfn_t pfn;
    struct page *got;
    u32 moved;
};

static void empty_frame(void *arg)
{
    struct emptying *e = arg;
    struct compaction what;

    e->got = obtain(compact_at(e->pfn, 1, &what));
    e->moved = what.moved;
}

TEST(r56_zero_page_stays, .cpus = 2, .shows = "the frame of the page of zeroes is never emptied")
{
    struct scene *s = scene_begin();
    vaddr_t page = scene_mmap(s, 1, VM_RW);
    struct emptying e = {.pfn = page_pfn(zero_page)};

    actor_run(s, 0, load_zero, (void *)page);
    empty_frame(&e);
    check(!e.got && e.moved == 0);
    check_eq(pte_pfn(scene_pte(scene_mm(s), page)), page_pfn(zero_page));
    scene_end(s);
}

TEST(r56_forked_frame_stays, .cpus = 2,
     .shows = "a frame that two address spaces map is not emptied; one that one maps is")
{
    struct scene *s = scene_begin();
    vaddr_t page = scene_mmap(s, 1, VM_RW);
    struct emptying e;

    actor_run(s, 0, store_seven, (void *)page);
    struct mm *child = obtain(mm_fork(scene_mm(s)));
    e.pfn = pte_pfn(scene_pte(scene_mm(s), page));
    empty_frame(&e);
    check(!e.got && e.moved == 0);
    mm_put_user(child);
    empty_frame(&e);
    check(e.got && e.moved == 1);
    check(pte_pfn(scene_pte(scene_mm(s), page)) != e.pfn);
    if (e.got)
        page_put(e.got);
    actor_run(s, 1, check_seven, (void *)page);
    scene_end(s);
}

/* The emptying is in the scene's space by mmap_lock alone: the reference is taken past it, as R06's is. */
static struct page *pin(struct mm *mm, vaddr_t addr)
{
    struct page *table, *page;
    pte_t *slot = pt_lock(mm, addr, &table);

    page = page_of(pte_pfn(pte_read(slot)));
    page_get(page);
    pt_unlock(table);
    return page;
}

TEST(r56_pinned_frame_stays, .cpus = 2,
     .shows = "a frame pinned after it was found movable stays where who pinned it looks")
{
    struct scene *s = scene_begin();
    vaddr_t addr = scene_mmap(s, 1, VM_RW);
    struct emptying e;

    actor_run(s, 1, store_seven, (void *)addr);
    e.pfn = pte_pfn(scene_pte(scene_mm(s), addr));
    struct mm *elsewhere = obtain(mm_create());
    scene_stop(s, R56);
    struct actor *mover = actor_start_in(s, elsewhere, 0, empty_frame, &e);
    if (scene_wait_caught(s, R56)) {
        struct page *pinned = pin(scene_mm(s), addr);
        scene_release(s, R56);
        actor_join(s, mover);
        check(!e.got && e.moved == 0);
        check_eq(pte_pfn(scene_pte(scene_mm(s), addr)), page_pfn(pinned));
        page_put(pinned);
    }
    actor_run(s, 1, check_seven, (void *)addr);
    mm_put_user(elsewhere);
    scene_end(s);
}
