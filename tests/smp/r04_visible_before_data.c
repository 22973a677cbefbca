/* R04: a page must be complete before its entry is present: another CPU must never read what the frame held
 * before. */
#include "tests/scenario.h"

#define DIRTY_PAGES scene_count(64, 16)
#define GARBAGE     0xDEADBEEF
#define ROUNDS      scene_count(16, 2)

/* Frees them on the CPU that dirtied them: there the next frames come from. */
static void leave_dirty_frames(void *base)
{
    for (u32 page = 0; page < DIRTY_PAGES; page++)
        for (u32 offset = 0; offset < PAGE_SIZE; offset += 256)
            user_store((vaddr_t)base + page * PAGE_SIZE + offset, GARBAGE);
    check_eq(again(mm_munmap(current->mm, (vaddr_t)base, DIRTY_PAGES * PAGE_SIZE)), 0);
}

static void store_last_word(void *page)
{
    user_store((vaddr_t)page + PAGE_SIZE - 4, 1);
}
static void check_reads_zero(void *page)
{
    check_eq(user_load((vaddr_t)page + 256), 0);
}

TEST(r04_visible_before_data, .cpus = 2, .shows = "a page that another CPU can read is already zeroed")
{
    struct scene *s = scene_begin();
    vaddr_t dirty = scene_mmap(s, DIRTY_PAGES, VM_RW);
    actor_run(s, 0, leave_dirty_frames, (void *)dirty);

    /* Frames of the actor's own end lie on top of the dirty ones, so that one page would prove nothing. */
    vaddr_t fresh = scene_mmap(s, ROUNDS, VM_RW);
    for (u32 i = 0; i < ROUNDS; i++) {
        void *page = (void *)(fresh + i * PAGE_SIZE);
        scene_overtake(s, R04, store_last_word, check_reads_zero, page);
        actor_run(s, 1, check_reads_zero, page);
    }
    scene_end(s);
}
