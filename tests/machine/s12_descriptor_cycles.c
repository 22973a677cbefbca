/*
 * S12: "which slots of the page are free?" Taking one costs the same however many descriptor pages there are;
 * and descriptor pages come and go, with their frames and their own ranges, as often as one likes.
 */
#include "arch/cpu.h"
#include "arch/x86/clock.h"
#include "mm/frame/frames.h"
#include "mm/kernel/kv_private.h"
#include "tests/scale.h"
#include "tests/scenario.h"

/* Another descriptor page, though no slot was wanted. */
static void grow(void)
{
    frames_move_begin();
    struct page *frame = obtain(page_alloc(GFP_KERNEL));
    atomic_inc(&kv_frames);
    frames_move_end();
    assert(frame != NULL);
    kv_enter();
    bool grown = kv_grow(frame);
    kv_exit();
    assert(grown);
}

static u32 count_pages(void)
{
    u32 n = 0;

    kv_enter();
    for (const struct kv_page *page = kv_pages; page; page = page->next)
        n++;
    kv_exit();
    return n;
}

/* What must be the same afterwards. */
struct state {
    u32 pages, frames, units, extents;
};

static struct state look(void)
{
    struct state now = {.pages = count_pages(), .frames = kv_pages_in_use()};

    kv_enter();
    now.units = kv_free.units;
    now.extents = kv_used.extents;
    kv_exit();
    return now;
}

/* Without a wish for slots nothing else would look for pages that are not needed. */
static void shrink(void)
{
    kv_enter();
    kv_shrink();
    kv_exit();
}

/* A descriptor page more may be left: with its own range, of itself and its guard. */
static void check_same(struct state before, const char *what)
{
    kvalloc_purge();
    struct state now = look();
    u32 more = now.pages - before.pages;

    test_note("%s: %u descriptor pages, %u frames, %u free addresses before; %u, %u, %u after", what,
              before.pages, before.frames, before.units, now.pages, now.frames, now.units);
    check(more <= 1);
    check_eq(now.frames, before.frames + more);
    check_eq(now.units, before.units - 2 * more);
    check_eq(now.extents, before.extents + more);
    check(kv_check());
}

/* ---- ranges through the front door ---- */

#define WAVE         1000u
#define RANGES_BRIEF 2u
#define RANGES_FULL  (1000000u / WAVE) /* S12: a cycle is a range that is made and freed */

struct tally {
    u32 most, most_pages;
    u64 all;
};

static u32 comparisons(void)
{
    return READ_ONCE(kv_free.comparisons) + READ_ONCE(kv_used.comparisons);
}

static void note_cost(struct tally *tally, u32 before)
{
    u32 n = comparisons() - before;

    tally->most = MAX(tally->most, n);
    tally->all += n;
}

static void run_wave(struct tally *tally)
{
    static void *ranges[WAVE];

    for (u32 i = 0; i < WAVE; i++) {
        u32 before = comparisons();
        ranges[i] = obtain(kvmap_device(0xFE000000u, PAGE_SIZE, "s12"));
        note_cost(tally, before);
        check(ranges[i] != NULL);
    }
    tally->most_pages = MAX(tally->most_pages, count_pages());
    for (u32 i = 0; i < WAVE; i++) /* every second one first: the most pieces */
        kvfree(ranges[(2 * i + 2 * i / WAVE) % WAVE]);
}

TEST(s12_range_cycles, .limit_ticks = 60000,
     .shows = "ranges are made and freed in waves that grow and empty descriptor pages; nothing is left")
{
    u32 waves = test_count(RANGES_BRIEF, RANGES_FULL);
    struct tally tally = {0};

    kvalloc_purge();
    struct state before = look();
    for (u32 wave = 0; wave < waves && !test_failed(); test_progress(++wave, waves))
        run_wave(&tally);
    check_same(before, "ranges");
    test_note("%u ranges; up to %u descriptor pages; %llu comparisons a range to make it, at most %u",
              waves * WAVE, tally.most_pages, tally.all / (waves * WAVE), tally.most);
    check(tally.most_pages >= before.pages + WAVE / KV_SLOTS);
}

/* ---- descriptor pages alone ---- */

#define BATCH       257u /* their addresses and guards are enough for a flush of their own */
#define PAGES_BRIEF 2u
#define PAGES_FULL  (1000000u / BATCH + 1) /* S12: a cycle is a page that grows and goes */

TEST(s12_page_cycles, .limit_ticks = 60000,
     .shows = "an emptied descriptor page gives back its frame and its own range, each time")
{
    u32 batches = test_count(PAGES_BRIEF, PAGES_FULL);

    kvalloc_purge();
    struct state before = look();
    for (u32 batch = 0; batch < batches && !test_failed(); test_progress(++batch, batches)) {
        for (u32 i = 0; i < BATCH; i++)
            grow();
        shrink();
        kv_purge_if_many();
    }
    check(count_pages() < BATCH); /* what held a dead page's range until the flush goes with the next */
    check_same(before, "pages");
    test_note("%u descriptor pages came and went", batches * BATCH);
}

/* ---- a slot ---- */

#define MANY    128u
#define SAMPLES 64u

static u64 slot_cost(void)
{
    u64 least = ~0ull;

    for (u32 i = 0; i < SAMPLES; i++) {
        kv_enter();
        irqflags_t flags = irq_save();
        u64 start = cpu_cycles();
        kv_slot_put(kv_slot_get(KV_FREE, NULL));
        u64 cycles = cpu_cycles() - start;
        irq_restore(flags);
        kv_exit();
        least = MIN(least, cycles);
    }
    return least;
}

TEST(s12_slot_in_one_step,
     .shows = "taking and giving back a descriptor costs the same with one page of them and with many")
{
    kvalloc_purge();
    struct state before = look();
    u64 few = slot_cost();
    for (u32 i = 0; i < MANY; i++)
        grow();
    u64 many = slot_cost();
    test_note("%llu cycles with %u descriptor pages, %llu with %u", few, before.pages, many,
              before.pages + MANY);
    if (clock_is_seeded()) /* cycles are instructions there, and the same every time */
        check_eq(many, few);
    shrink();
    check_same(before, "slots");
}
