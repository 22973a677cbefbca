/* What keeps frames right and ready: poison and owners in the test image, and the stock that idle CPUs fill.
 */
#include "arch/clock.h"
#include "diag/counters.h"
#include "lib/string.h"
#include "mm/frame/frame_cache.h"
#include "mm/frame/frames.h"
#include "tests/machine/expect_panic.h"
#include "tests/scenario.h"

/* ---- a write after the free ---- */

static void alloc_it(void *arg)
{
    *(struct page **)arg = obtain(page_alloc(GFP_ATOMIC));
}

/* It was out of the cache and counted when the panic was taken back: by hand, then. */
static void put_back(struct page *page)
{
    irqflags_t flags = irq_save();
    count_event(pgfree);
    cache_give(page);
    irq_restore(flags);
}

/* The cache is last in, first out: what this CPU has just freed is what it gets next. */
TEST(frames_written_after_free,
     .shows = "a write into a frame after its free is caught when the frame is handed out again")
{
    preempt_disable();
    struct page *page = obtain(page_alloc(GFP_ATOMIC)), *again = NULL;
    check(page != NULL);
    u32 *words = page_address(page);
    page_put(page);
    u32 was = words[3];
    words[3] = 1;
    test_expect_panic("was written after its free", alloc_it, &again);
    words[3] = was;
    check(!again);
    put_back(page);
    preempt_enable();
}

/* ---- the stock of zeroed frames ---- */

#define TAKEN 64u

static u32 words_not_zero(struct page *page)
{
    const u32 *words = page_map(page);
    u32 n = 0;

    for (u32 i = 0; i < PAGE_SIZE / 4; i++)
        n += words[i] != 0;
    page_unmap(words);
    return n;
}

/* Sleeps, so that the CPUs are idle, until the stock has `n`. The test's limit ends a wait in vain. */
static void await_stock(u32 n)
{
    struct frame_stats stats;

    for (frame_stats(&stats); stats.zeroed_stock < n; frame_stats(&stats)) {
        task_set_state(TASK_UNINTERRUPTIBLE);
        (void)task_sleep_until(clock_ns() + 1000000u);
    }
}

TEST(frames_zeroed_by_idle, .limit_ticks = 6000,
     .shows =
         "idle CPUs fill a stock of frames that are zero, and requests for zeroed frames are served from it")
{
    struct page *taken[TAKEN];
    struct frame_stats before, after;
    u32 dirty = 0, in_use = frames_users();

    for (u32 i = 0; i < TAKEN; i++) { /* frames that are anything but zero go back first */
        taken[i] = obtain(page_alloc(GFP_USER));
        check(taken[i] != NULL);
        void *words = page_map(taken[i]);
        memset(words, 0xA5, PAGE_SIZE);
        page_unmap(words);
    }
    for (u32 i = 0; i < TAKEN; i++)
        page_put(taken[i]);
    frames_drain_caches(); /* the stock with them */
    await_stock(TAKEN);
    preempt_disable(); /* this CPU is not idle; the others may go on filling */
    frame_stats(&before);
    for (u32 i = 0; i < TAKEN; i++)
        taken[i] = obtain(page_alloc(GFP_USER | GFP_ZERO | GFP_ATOMIC));
    frame_stats(&after);
    preempt_enable();
    for (u32 i = 0; i < TAKEN; i++) {
        check(taken[i] != NULL);
        dirty += taken[i] ? words_not_zero(taken[i]) : 0;
        if (taken[i])
            page_put(taken[i]);
    }
    check_eq(dirty, 0);
    check_eq(frames_users(), in_use);
    test_note("%u zeroed frames in stock, %u after %u were taken", before.zeroed_stock, after.zeroed_stock,
              TAKEN);
}
