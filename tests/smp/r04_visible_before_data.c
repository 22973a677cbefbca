/* R04: a page must be complete before its entry is present: another CPU must never read what the frame held before. */
#include "tests/scenario.h"

#define DIRTY_PAGES 64
#define GARBAGE     0xDEADBEEF

static void dirty_frames(void *base)
{
    for (u32 page = 0; page < DIRTY_PAGES; page++)
        for (u32 offset = 0; offset < PAGE_SIZE; offset += 256)
            user_store((vaddr_t)base + page * PAGE_SIZE + offset, GARBAGE);
}

static void store_last_word(void *page) { user_store((vaddr_t)page + PAGE_SIZE - 4, 1); }
static void check_reads_zero(void *page) { check_eq(user_load((vaddr_t)page + 256), 0); }

TEST(r04_visible_before_data, .cpus = 2, .shows = "a page that another CPU can read is already zeroed")
{
    struct scene *s = scene_begin();
    vaddr_t dirty = scene_mmap(s, DIRTY_PAGES, VM_RW);
    actor_run(s, 0, dirty_frames, (void *)dirty);
    check_eq(mm_munmap(scene_mm(s), dirty, DIRTY_PAGES * PAGE_SIZE), 0);

    void *page = (void *)scene_mmap(s, 1, VM_RW);
    scene_overtake(s, R04, store_last_word, check_reads_zero, page);
    actor_run(s, 1, check_reads_zero, page);
    scene_end(s);
}
