/*
 * S08: out of a memory with no two adjacent free frames a block of 4 MiB is made, while programs write the
 * pages that are moved. All but 16 MiB of memory is taken away first, so that this is soon done; what is left
 * belongs to three address spaces, whose every second frame is given back.
 */
#include "arch/pgtable.h"
#include "mm/frame/frames.h"
#include "mm/space/compact.h"
#include "tests/scenario.h"

#define BLOCK  1024u
#define ARENA  (4 * BLOCK)
#define SPACES 3u
#define PAGES  (ARENA / SPACES)
#define BASE   0x40000000u

enum phase { STARTED, FILL, THIN_OUT, WRITE, STOP };
struct program {
    struct mm *mm;
    u32 phase, reached; /* what it is to do, what it has done */
    u32 turns[PAGES];   /* what is in the first word of each of its pages; 0: given back */
};
static struct program programs[SPACES];

static vaddr_t page_at_index(u32 i)
{
    return BASE + i * PAGE_SIZE;
}

/* Fills its pages until memory is used up. */
static void fill(struct program *p)
{
    for (u32 i = 0; i < PAGES; i++)
        p->turns[i] = user_store_u32(page_at_index(i), 1) == 0;
}

/* Gives back each page whose frame has an even number. */
static void thin_out(struct program *p)
{
    for (u32 i = 0; i < PAGES; i++) {
        if (!p->turns[i] || pte_pfn(scene_pte(p->mm, page_at_index(i))) % 2)
            continue;
        check_eq(mm_madvise(p->mm, page_at_index(i), PAGE_SIZE, 4), 0); /* MADV_DONTNEED */
        p->turns[i] = 0;
    }
}

/* Writes all its pages in turn, until it is told to stop; then no turn is missing. */
static void write_on(struct program *p)
{
    do {
        for (u32 i = 0; i < PAGES; i++) {
            if (!p->turns[i])
                continue;
            check_eq(user_load(page_at_index(i)), p->turns[i]);
            user_store(page_at_index(i), ++p->turns[i]);
        }
        store_release(&p->reached, (u32)WRITE);
        task_yield();
    } while (load_acquire(&p->phase) == WRITE && !test_failed());
    for (u32 i = 0; i < PAGES; i++)
        if (p->turns[i])
            check_eq(user_load(page_at_index(i)), p->turns[i]);
}

static void await_phase(const struct program *p, u32 phase)
{
    while (load_acquire(&p->phase) < phase)
        task_yield();
}

/* One task for all of it: when memory is used up none can be made. */
static void live(void *arg)
{
    struct program *p = arg;

    await_phase(p, FILL);
    fill(p);
    store_release(&p->reached, (u32)FILL);
    await_phase(p, THIN_OUT);
    thin_out(p);
    store_release(&p->reached, (u32)THIN_OUT);
    await_phase(p, WRITE);
    write_on(p);
}

static void all_go_to(enum phase phase)
{
    for (u32 i = 0; i < SPACES; i++)
        store_release(&programs[i].phase, (u32)phase);
    for (u32 i = 0; i < SPACES && phase != STOP; i++)
        while (load_acquire(&programs[i].reached) < (u32)phase)
            task_yield();
}

static void give_all(struct page *list)
{
    while (list) {
        struct page **link = page_map(list), *next = *link;
        page_unmap(link);
        page_put(list);
        list = next;
    }
}

/* All that there is, the reserve too, into `kept`, which is chained through the frames themselves; of the
 * frames with even numbers only those in front of `even_below`. */
static void take_all(struct page **kept, pfn_t even_below)
{
    struct page *even = NULL;

    for (struct page *page; (page = obtain(page_alloc(GFP_USER | GFP_ATOMIC))) != NULL;) {
        struct page **list = page_pfn(page) % 2 || page_pfn(page) < even_below ? kept : &even;
        struct page **link = page_map(page);
        *link = *list;
        page_unmap(link);
        *list = page;
    }
    give_all(even);
}

/* Free frames that have a free neighbour. */
static u32 adjacent_free(pfn_t first)
{
    u32 n = 0;

    for (u32 i = 0; i + 1 < ARENA; i++)
        n += page_refs(page_of(first + i)) == 0 && page_refs(page_of(first + i + 1)) == 0;
    return n;
}

/*
 * Only frames with even numbers are left free. A frame with an odd number that another CPU had in its cache,
 * or was clearing, or that came back meanwhile, is taken as soon as it is seen.
 */
static u32 leave_no_pair(pfn_t first, struct page **kept)
{
    u32 pairs;

    for (u32 tries = 0; tries < 1000; tries++, task_yield()) {
        frames_drain_caches();
        if ((pairs = adjacent_free(first)) == 0)
            break;
        take_all(kept, 0);
    }
    return pairs;
}

static void start_program(struct scene *s, struct program *p, u32 number)
{
    struct mmap_request request = {
        .addr = BASE, .length = PAGES * PAGE_SIZE, .vm_flags = VM_RW | VM_MAYWRITE, .how = MM_FIXED};

    *p = (struct program){.mm = obtain(mm_create())};
    check(p->mm != NULL);
    check_eq((vaddr_t)again(mm_mmap(p->mm, &request)), BASE);
    for (u32 i = 0; i < PAGES; i += PTES) /* tables first: they cannot be moved */
        check_eq(again(pt_ensure(p->mm, page_at_index(i))), 0);
    check_eq(again(pt_ensure(p->mm, page_at_index(PAGES - 1))), 0);
    actor_start_in(s, p->mm, 1 + number, live, p);
}

/* Where no two free frames are neighbours, there is no place for two. */
static void ask_for_range(void)
{
    struct page *first = obtain(page_alloc_range(24, 8, DIRECT_LIMIT_PFN, 64, GFP_KERNEL | GFP_ZERO));

    check(first && page_pfn(first) % 8 == 0 && page_pfn(first) / 64 == (page_pfn(first) + 23) / 64);
    if (!first)
        return;
    for (u32 i = 0; i < 24; i++) {
        struct page *page = page_of(page_pfn(first) + i);
        check_eq(page_refs(page), 1);
        check_eq(*(u32 *)page_address(page), 0);
    }
    page_put_range(first, 24);
}

static void compact_while_they_write(void)
{
    struct compaction what;

    all_go_to(WRITE);
    ask_for_range();
    struct page *block = obtain(compact(BLOCK, COMPACT_ANYWHERE, &what));
    check(block && page_pfn(block) % BLOCK == 0);
    test_note("%u blocks tried; %u frames claimed free, %u pages of one known process moved",
              what.blocks_tried, what.claimed, what.moved);
    check(what.moved >= BLOCK / 4);
    if (block)
        page_put_range(block, BLOCK);
}

TEST(
    s08_compaction, .cpus = 2, .limit_ticks = 60000,
    .no_refusals =
        "memory is used up in it on purpose: its faults are refused already, each as long as making room takes",
    .shows =
        "4 MiB in one piece out of a memory with no two adjacent free frames, while programs write; no write is lost")
{
    struct scene *s = scene_begin();

    for (u32 i = 0; i < SPACES; i++)
        start_program(s, &programs[i], i);
    struct page *arena = obtain(page_alloc_range(ARENA, BLOCK, DIRECT_LIMIT_PFN, 0, GFP_KERNEL));
    check(arena != NULL);
    if (arena) {
        pfn_t first = page_pfn(arena);
        struct page *kept = NULL;
        take_all(&kept, ~0u);
        page_put_range(arena, ARENA);
        all_go_to(FILL);
        take_all(&kept, 0);
        all_go_to(THIN_OUT);
        u32 pairs = leave_no_pair(first, &kept);
        test_note("%u of %u frames have a free neighbour", pairs, ARENA);
        check_eq(pairs, 0);
        compact_while_they_write();
        give_all(kept);
    }
    all_go_to(STOP);
    scene_join(s);
    for (u32 i = 0; i < SPACES; i++)
        mm_put_user(programs[i].mm);
    scene_end(s);
}
