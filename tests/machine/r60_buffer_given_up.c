/*
 * R60: the buffer's owner gives it up while the disk is to write it.
 *
 *   T1    has sent a read; puts the last reference of its own to the frame            @R60
 *   T2    wants this very frame (row S22): must not have it
 *   disk  writes the frame
 */
#include "dev/virtio/virtio_blk.h"
#include "lib/string.h"
#include "tests/machine/disk_requests.h"
#include "tests/machine/scratch_disk.h"
#include "tests/refusal.h"
#include "tests/scenario.h"

#define MINE 0x5Au

struct window {
    struct page *page, *claimed;
};

/* The frame, if nobody has a reference to it. Free, it may still be in an idle CPU's hand, to be cleared. */
static struct page *claim_if_free(struct page *page)
{
    struct page *claimed = NULL;

    while (!claimed && page_refs(page) == 0) {
        claimed = page_claim(page_pfn(page));
        task_yield();
    }
    return claimed;
}

/* Both in one task, since neither has to wait for the other. The disk is plugged: it has not written yet. */
static void give_up_and_claim(void *arg)
{
    struct window *w = arg;

    race_action(R60, NULL, NULL);
    page_put(w->page);
    w->claimed = claim_if_free(w->page);
    if (w->claimed)
        memset(page_address(w->claimed), MINE, PAGE_SIZE);
}

TEST(r60_buffer_given_up, .disk = true,
     .shows = "a frame that the disk is to write is nobody else's until it has")
{
    struct block_device *disk = scratch_disk();
    struct window w = {.page = obtain(page_alloc(GFP_KERNEL))};
    struct answers answers;
    struct asked asked;

    check(w.page != NULL);
    answers_init(&answers);
    block_plug(disk);
    race_action(R60, give_up_and_claim, &w);
    check_eq(answers_ask(&answers, &asked, disk, BLOCK_READ, 8, whole_page(w.page)), 0);
    block_unplug(disk);
    check_eq(answers_wait(&answers), 0);
    check(w.claimed == NULL);
    if (w.claimed) {
        const u8 *mine = page_address(w.claimed);
        check_eq(mine[100], MINE); /* written by the disk, under its new owner */
        page_put(w.claimed);
    }
    struct page *free = claim_if_free(w.page); /* as it is now */
    check(free == w.page);
    if (free)
        page_put(free);
    block_device_put(disk);
}
