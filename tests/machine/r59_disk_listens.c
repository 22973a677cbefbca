/*
 * R59: the disk finishes a request between the driver's last look and its wish for interrupts.
 *
 *   CPU   has taken the last answer; the disk believes that nobody wants to know      @R59
 *   disk  finishes another request: no interrupt
 *   CPU   wants interrupts again, and must look once more
 */
#include "dev/virtio/virtio_blk_private.h"
#include "mm/frame/page.h"
#include "tests/machine/disk_requests.h"
#include "tests/machine/scratch_disk.h"
#include "tests/refusal.h"
#include "tests/scenario.h"

struct window {
    struct virtio_blk *disk;
    struct answers first_answer, second_answer;
    struct asked first, second;
    struct page *pages[2];
    bool entered;
};

/* In the interrupt for the first answer, with the disk's lock held. The second request goes out past
 * block_submit(), which would want that lock; its frame has the reference that block_request_end() puts. */
static void finish_another(void *arg)
{
    struct window *w = arg;

    if (w->entered)
        return;
    w->entered = true;
    list_push_back(&w->disk->waiting, &w->second.request.link);
    virtio_blk_send(w->disk);
    while (!virtqueue_has_answer(&w->disk->queue))
        spin_relax();
}

static void prepare(struct window *w, struct block_device *device)
{
    *w = (struct window){.disk = virtio_blk_of(device)};
    for (u32 i = 0; i < 2; i++) {
        w->pages[i] = obtain(page_alloc(GFP_KERNEL));
        assert(w->pages[i] != NULL);
    }
    answers_init(&w->first_answer);
    answers_init(&w->second_answer);
    answers_prepare(&w->second_answer, &w->second, BLOCK_READ, 16, whole_page(w->pages[1]));
    page_get(w->pages[1]);
}

/* The handler has let go of the lock before the first answer was given. */
static bool nothing_is_left(struct virtio_blk *disk)
{
    irqflags_t flags = spin_lock_irq_save(&disk->lock);
    bool nothing = list_is_empty(&disk->flying);
    spin_unlock_irq_restore(&disk->lock, flags);
    return nothing;
}

TEST(r59_disk_listens, .disk = true,
     .shows = "what the disk finishes while nobody listens is seen before the interrupt handler ends")
{
    struct block_device *device = scratch_disk();
    static struct window w;

    prepare(&w, device);
    race_action(R59, finish_another, &w);
    check_eq(answers_ask(&w.first_answer, &w.first, device, BLOCK_READ, 8, whole_page(w.pages[0])), 0);
    check_eq(answers_wait(&w.first_answer), 0);
    race_action(R59, NULL, NULL);
    check(w.entered);
    check(nothing_is_left(w.disk));
    if (!nothing_is_left(w.disk))
        virtio_blk_interrupt(w.disk); /* the one that never came */
    check_eq(answers_wait(&w.second_answer), 0);
    for (u32 i = 0; i < 2; i++) {
        check(scratch_is_right(page_address(w.pages[i]), 8 + 8 * i, PAGE_SIZE / SECTOR_SIZE));
        page_put(w.pages[i]);
    }
    block_device_put(device);
}
