/*
 * R11: mremap moves pages while another CPU still has translations of the old place. Until that CPU has
 * flushed, no page may be found at the new place: whoever found it there could give it away, and the old
 * translation would write into somebody else's page. The action stands where the entries have left the old
 * place and nobody has flushed.
 */
#include "tests/scenario.h"

#define PAGES         8u
#define OLD           0x40000000u
#define NEW           0x50000000u
#define MAYMOVE_FIXED 3u

struct move {
    struct mm *mm;
    u32 windows, gone, found_early;
};

static void look_in_the_window(void *arg)
{
    struct move *m = arg;

    m->windows++;
    for (u32 i = 0; i < PAGES; i++) {
        m->gone += pte_empty(pt_peek(m->mm, OLD + i * PAGE_SIZE));
        m->found_early += !pte_empty(pt_peek(m->mm, NEW + i * PAGE_SIZE));
    }
}

static void fill(void *arg)
{
    for (u32 i = 0; i < PAGES; i++)
        user_store(OLD + i * PAGE_SIZE, i + 1);
}

static void move(void *arg)
{
    struct move *m = arg;

    check_eq((u32)again(mm_mremap(m->mm, OLD, PAGES * PAGE_SIZE, PAGES * PAGE_SIZE, MAYMOVE_FIXED, NEW)),
             NEW);
}

static void check_moved(void *arg)
{
    for (u32 i = 0; i < PAGES; i++)
        check_eq(user_load(NEW + i * PAGE_SIZE), i + 1);
}

TEST(r11_move_before_flush, .cpus = 2,
     .shows = "a page that mremap moves is at neither place until every CPU has forgotten the old one")
{
    struct scene *s = scene_begin();
    struct move m = {.mm = scene_mm(s)};

    scene_mmap_at(s, OLD, PAGES, VM_RW);
    actor_run(s, 1, fill, NULL);
    race_action(R11, look_in_the_window, &m);
    actor_run(s, 0, move, &m);
    actor_run(s, 1, check_moved, NULL);
    check_eq(m.windows, 1);
    check_eq(m.gone, PAGES);
    check_eq(m.found_early, 0);
    scene_end(s);
}
