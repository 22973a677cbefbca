/*
 * S31: page tables are counted by their entries that are not empty, and go when there is none. Random calls
 * and faults on a few tables' worth of addresses; after each the counts are held against the tables
 * themselves (scene_check_tables), and tables made minus tables freed against those that are there. That a
 * table goes only after a shootdown which covers its mirror address is R51's test.
 */
#include "diag/counters.h"
#include "lib/errno.h"
#include "lib/random.h"
#include "tests/scenario.h"

#define BASE   0x50000000u
#define TABLES 3u
#define CALLS  120u

struct script {
    struct mm *mm;
    struct random rnd;
};

static vaddr_t some_page(struct random *rnd)
{
    return BASE + random_below(rnd, TABLES) * PDE_SIZE + random_below(rnd, 6) * PAGE_SIZE;
}

static void map_some(struct script *s)
{
    struct mmap_request request = {.addr = some_page(&s->rnd),
                                   .length = (1 + random_below(&s->rnd, 4)) * PAGE_SIZE,
                                   .vm_flags = VM_RW | VM_MAYWRITE,
                                   .how = MM_FIXED};
    check_eq((vaddr_t)again(mm_mmap(s->mm, &request)), request.addr);
}

static void touch_some(struct script *s)
{
    u32 value;
    vaddr_t page = some_page(&s->rnd);

    if (random_below(&s->rnd, 2))
        (void)user_load_u32(page, &value); /* -EFAULT where nothing is mapped */
    else
        (void)user_store_u32(page, 1);
}

static void random_call(struct script *s)
{
    vaddr_t page = some_page(&s->rnd);
    u32 length = (1 + random_below(&s->rnd, 4)) * PAGE_SIZE;

    switch (random_below(&s->rnd, 8)) {
    case 0:
    case 1:
        map_some(s);
        break;
    case 2:
        check_eq(again(mm_munmap(s->mm, page, random_below(&s->rnd, 4) ? length : PDE_SIZE)), 0);
        break;
    case 3:
        (void)mm_madvise(s->mm, page, length, 4); /* MADV_DONTNEED */
        break;
    case 4:
        (void)mm_mprotect(s->mm, page, length, random_below(&s->rnd, 2) ? VM_READ : 0);
        break;
    case 5:
        (void)mm_mremap(s->mm, page, PAGE_SIZE, PAGE_SIZE, 3, some_page(&s->rnd)); /* MAYMOVE, FIXED */
        break;
    default:
        touch_some(s);
    }
}

static void live(void *arg)
{
    struct script *s = arg;
    u32 made = counter_sum(COUNT_pt_alloc) - counter_sum(COUNT_pt_free) - s->mm->pt_count;

    for (u32 i = 0; i < CALLS && !test_failed(); i++) {
        random_call(s);
        scene_check_tables(s->mm);
        check_eq(counter_sum(COUNT_pt_alloc) - counter_sum(COUNT_pt_free) - s->mm->pt_count, made);
    }
    check_eq(again(mm_munmap(s->mm, BASE, TABLES * PDE_SIZE)), 0);
    check_eq(s->mm->pt_count, 0); /* what is empty has gone */
}

TEST(s31_page_tables, .limit_ticks = 6000,
     .shows = "after every call a page table's count is what it holds; an empty one is freed")
{
    struct scene *s = scene_begin();
    struct script script = {.mm = scene_mm(s)};

    random_seed(&script.rnd, 31);
    actor_run(s, 0, live, &script);
    scene_end(s);
}
