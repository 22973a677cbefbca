/* S46: the tables of a space that runs nowhere, through the direct map and through the foreign mirror. */
#include "arch/x86/foreign.h"
#include "arch/x86/port.h"
#include "tests/scenario.h"

#define BASE   0x40000000u
#define PAGES  64u
#define ROUNDS 20u

static void fill(void *unused)
{
    for (u32 i = 0; i < PAGES; i++)
        user_store(BASE + i * PAGE_SIZE, i);
}

/* Through the direct map, whatever ptaccess= says. */
static pte_t *direct_slot(struct space *other, vaddr_t va)
{
    return pte_slot_in(pte_pfn(other->dir[pde_index(va)]), va);
}

/* Takes D away and gives it back through one way, and looks through the other. */
static void edit_both_ways(struct space *other)
{
    for (u32 i = 0; i < PAGES; i++) {
        vaddr_t va = BASE + i * PAGE_SIZE;
        pte_t *direct = direct_slot(other, va), was = pte_read(direct);

        struct foreign f = foreign_open(other, va);
        check(pte_same(pte_read(f.slot), was) && pte_dirty(was));
        pte_xchg(f.slot, pte_clean(was));
        foreign_close(f);
        check(!pte_dirty(pte_read(direct)));
        pte_xchg(direct, was);
        f = foreign_open(other, va);
        check(pte_same(pte_read(f.slot), was));
        foreign_close(f);
    }
}

static u64 cost(struct space *other, bool foreign)
{
    u64 start = cpu_cycles();

    for (u32 i = 0; i < ROUNDS * PAGES; i++) {
        vaddr_t va = BASE + (i % PAGES) * PAGE_SIZE;
        if (foreign) {
            struct foreign f = foreign_open(other, va);
            pte_xchg(f.slot, pte_read(f.slot));
            foreign_close(f);
        } else {
            pte_t *slot = direct_slot(other, va);
            pte_xchg(slot, pte_read(slot));
        }
    }
    return (cpu_cycles() - start) / (ROUNDS * PAGES);
}

static void edit_from_here(void *arg)
{
    struct mm *other = arg;
    u32 root = cr3_read();

    edit_both_ways(&other->space);
    check_eq(cr3_read(), root); /* S05 */
}

static void measure(void *arg)
{
    struct mm *other = arg;

    test_note(
        "one edit of another space: %llu cycles through the direct map, %llu through the foreign mirror",
        cost(&other->space, false), cost(&other->space, true));
}

/* Leaves every entry as it is, so several may do it at once. */
static void use_slot(void *arg)
{
    struct mm *other = arg;

    for (u32 i = 0; i < PAGES; i++) {
        struct foreign f = foreign_open(&other->space, BASE + i * PAGE_SIZE);
        check(pte_same(pte_read(f.slot), *direct_slot(&other->space, BASE + i * PAGE_SIZE)));
        foreign_close(f);
    }
}

TEST(
    s46_foreign_mirror, .cpus = 2,
    .shows =
        "another space's entries are the same through the direct map and the foreign mirror, with no CR3 load")
{
    struct scene *s = scene_begin();
    struct mm *other = obtain(mm_create());
    struct actor *users[MAX_CPUS];

    check(other != NULL);
    struct mmap_request request = {
        .addr = BASE, .length = PAGES * PAGE_SIZE, .vm_flags = VM_RW | VM_MAYWRITE, .how = MM_FIXED};
    check_eq((vaddr_t)again(mm_mmap(other, &request)), BASE);
    actor_join(s, actor_start_in(s, other, 0, fill, NULL));
    actor_run(s, 0, edit_from_here, other);
    actor_run(s, 0, measure, other);
    for (u32 cpu = 0; cpu < cpu_count(); cpu++) /* all in one directory: the slot is used in turn */
        users[cpu] = actor_start(s, cpu, use_slot, other);
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        actor_join(s, users[cpu]);
    mm_put_user(other);
    scene_end(s);
}
