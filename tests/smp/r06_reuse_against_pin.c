/* R06: "nobody else has this page" is read, then somebody takes a reference, then the page is written in
 * place. */
#include "tests/scenario.h"

static void store_old(void *page)
{
    user_store((vaddr_t)page, 7);
}
static void store_new(void *page)
{
    user_store((vaddr_t)page, 8);
}
static void check_new(void *page)
{
    check_eq(user_load((vaddr_t)page), 8);
}

/* Takes a reference as a lockless reader of another process's memory would: under the table's lock alone. The
 * table stays, for nobody unmaps here; and mmap_lock is the fault's, exclusively where faultlock=mutex. */
static struct page *pin(struct mm *mm, vaddr_t addr)
{
    struct page *table, *page;

    pte_t *slot = pt_lock(mm, addr, &table);
    page = page_of(pte_pfn(pte_read(slot)));
    page_get(page);
    pt_unlock(table);
    return page;
}

TEST(r06_reuse_against_pin, .cpus = 2,
     .shows = "a page pinned between the count and the re-use is copied, not written in place")
{
    struct scene *s = scene_begin();
    vaddr_t addr = scene_mmap(s, 1, VM_RW);

    actor_run(s, 0, store_old, (void *)addr);
    mm_put_user(obtain(mm_fork(scene_mm(s)))); /* write-protected now, and again the only owner */
    scene_stop(s, R06);
    struct actor *writer = actor_start(s, 0, store_new, (void *)addr);
    if (scene_wait_caught(s, R06)) {
        struct page *pinned = pin(scene_mm(s), addr);
        scene_release(s, R06);
        actor_join(s, writer);
        u32 *word = page_map(pinned);
        check_eq(word[0], 7);
        page_unmap(word);
        page_put(pinned);
    }
    actor_run(s, 1, check_new, (void *)addr);
    scene_end(s);
}
