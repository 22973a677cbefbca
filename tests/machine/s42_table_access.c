/*
 * S42, S46: what it costs to reach a page-table entry, by each way there is. That the kernel is right by
 * each is shown by the suites under ptaccess=directmap and ptaccess=foreign (tools/runner/suites.py).
 */
#include "arch/x86/foreign.h"
#include "arch/x86/port.h"
#include "tests/scenario.h"

#define BASE   0x40000000u
#define PAGES  64u
#define ROUNDS 20u

enum way { OWN, OTHER, FOREIGN, WAYS };

struct costs {
    struct mm *own, *other;
    u64 cycles[WAYS];
};

static void fill(void *unused)
{
    for (u32 i = 0; i < PAGES; i++)
        user_store(BASE + i * PAGE_SIZE, i);
}

static u32 look(struct costs *c, enum way way, vaddr_t va)
{
    if (way == OWN)
        return pte_peek(&c->own->space, va).v;
    if (way == OTHER)
        return pte_read(pte_slot_in(pte_pfn(pte_read(&c->other->space.dir[pde_index(va)])), va)).v;
    struct foreign f = foreign_open(&c->other->space, va);
    u32 entry = pte_read(f.slot).v;
    foreign_close(f);
    return entry;
}

static void measure(void *arg)
{
    struct costs *c = arg;

    fill(NULL);
    preempt_disable(); /* a handle in the mirror is good only while its space is loaded */
    for (enum way way = OWN; way < WAYS; way++) {
        u32 absent = 0;
        u64 start = cpu_cycles();
        for (u32 i = 0; i < ROUNDS * PAGES; i++)
            absent += look(c, way, BASE + i % PAGES * PAGE_SIZE) == 0;
        c->cycles[way] = (cpu_cycles() - start) / (ROUNDS * PAGES);
        check_eq(absent, 0);
    }
    bool mirrored = (vaddr_t)(uintptr_t)pte_slot(&c->own->space, BASE) >= MIRROR_BASE;
    preempt_enable();
    test_note(
        "one look at an entry of the running space, through the %s: %llu cycles; of another, through the "
        "direct map: %llu, through the foreign mirror: %llu",
        mirrored ? "mirror" : "direct map", c->cycles[OWN], c->cycles[OTHER], c->cycles[FOREIGN]);
    test_note(
        "addresses: 4 MiB each for the mirror, the foreign mirror and, in the seed's alternative, a table of "
        "all tables, which takes a frame a space as well; the direct map is there anyway");
}

TEST(s42_table_access,
     .shows = "an entry reached by mirror, direct map and foreign mirror; the cost of each printed")
{
    struct scene *s = scene_begin();
    struct costs c = {.own = scene_mm(s), .other = obtain(mm_create())};
    struct mmap_request request = {
        .addr = BASE, .length = PAGES * PAGE_SIZE, .vm_flags = VM_RW | VM_MAYWRITE, .how = MM_FIXED};

    check(c.other != NULL);
    check_eq((vaddr_t)again(mm_mmap(c.other, &request)), BASE);
    scene_mmap_at(s, BASE, PAGES, VM_RW);
    actor_join(s, actor_start_in(s, c.other, 0, fill, NULL));
    actor_run(s, 0, measure, &c);
    mm_put_user(c.other);
    scene_end(s);
}
