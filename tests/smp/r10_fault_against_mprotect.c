/* R10: a write fault reads the region's rights; mprotect takes them away; the fault must not install a
 * writable entry. */
#include "lib/errno.h"
#include "tests/scenario.h"

struct guarded {
    struct mm *mm;
    vaddr_t page;
    int late_store;
};

static void store_early(void *arg)
{
    struct guarded *g = arg;
    (void)again(user_store_u32(g->page, 1)); /* may succeed or not: it races with mprotect */
}
static void protect(void *arg)
{
    struct guarded *g = arg;
    check_eq(again(mm_mprotect(g->mm, g->page, PAGE_SIZE, VM_READ)), 0);
}
static void store_late(void *arg)
{
    struct guarded *g = arg;
    g->late_store = again(user_store_u32(g->page, 2));
}

TEST(r10_fault_against_mprotect, .cpus = 2,
     .shows = "no writable entry outlives mprotect(PROT_READ), whatever a fault had seen before")
{
    struct scene *s = scene_begin();
    struct guarded g = {.mm = scene_mm(s), .page = scene_mmap(s, 1, VM_RW)};

    scene_stop(s, R10);
    struct actor *writer = actor_start(s, 0, store_early, &g);
    if (scene_wait_caught(s, R10)) {
        struct actor *protector = actor_start(s, 1, protect, &g);
        actor_settle(protector);
        scene_release(s, R10);
        actor_join(s, protector);
    }
    actor_join(s, writer);
    actor_run(s, 1, store_late, &g);
    check_eq(g.late_store, -EFAULT);
    check(!pte_writable(scene_pte(g.mm, g.page)));
    scene_end(s);
}
