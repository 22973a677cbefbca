/* What a disk refuses, and disks that break: each an error for who asked, a line in the log, and nothing
 * lost. */
#include "dev/virtio/virtio_blk_private.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/frame/alloc_fail.h"
#include "mm/kernel/kvalloc.h"
#include "mm/kernel/slab.h"
#include "tests/machine/disk_requests.h"
#include "tests/machine/scratch_disk.h"
#include "tests/refusal.h"
#include "tests/test.h"

#define PAGE_SECTORS (PAGE_SIZE / SECTOR_SIZE)

TEST(disk_refuses, .disk = true,
     .shows = "beyond the end, over a bad sector, on a read-only or foreign disk: an errno each")
{
    struct block_device *disk = scratch_disk(), *foreign = foreign_disk();
    struct scratch_header header;
    char *page = obtain(kmalloc(PAGE_SIZE, GFP_KERNEL));

    check(page && foreign);
    check_eq(again(block_read(disk, disk->sectors - PAGE_SECTORS, page, PAGE_SIZE)), 0);
    check_eq(again(block_read(disk, disk->sectors - PAGE_SECTORS + 1, page, PAGE_SIZE)), -EIO);
    check_eq(again(block_write(disk, disk->sectors, page, PAGE_SIZE)), -EIO);
    check_eq(again(block_read(disk, ~0ull, page, PAGE_SIZE)), -EIO);
    check_eq(again(block_read(disk, scratch_bad_sector() - PAGE_SECTORS, page, PAGE_SIZE)), 0);
    check_eq(again(block_read(disk, scratch_bad_sector() - 1, page, PAGE_SIZE)), -EIO);
    check_eq(again(block_read(disk, scratch_bad_sector() + 1, page, PAGE_SIZE)), 0);
    check_eq(again(block_write(foreign, 0, page, SECTOR_SIZE)), -EROFS);
    check_eq(again(block_read(foreign, foreign->sectors - 1, page, SECTOR_SIZE)), 0);
    check(page[95] == '\n' && page[96] == 0); /* the file behind it ends there */
    check_eq(again(block_read(disk, 0, page, SECTOR_SIZE)), 0);
    memcpy(&header, page, sizeof header);
    check(!scratch_refusal(&header, disk->sectors));
    check(scratch_refusal(&header, disk->sectors - 1) && scratch_refusal(&header, disk->sectors + 1));
    check_eq(again(block_read(foreign, 0, page, SECTOR_SIZE)), 0);
    check(scratch_refusal((const struct scratch_header *)page, foreign->sectors) != NULL);
    check_eq(page_refs(page_of(direct_to_phys(page) >> PAGE_SHIFT)), 1);
    kfree(page);
    block_device_put(foreign);
    block_device_put(disk);
}

/* It works: one page of the pattern comes as it should. */
static void check_works(struct block_device *disk)
{
    u32 *page = obtain(kmalloc(PAGE_SIZE, GFP_KERNEL));

    check(page != NULL);
    check_eq(again(block_read(disk, 17, page, PAGE_SIZE)), 0);
    check(scratch_is_right(page, 17, PAGE_SECTORS));
    kfree(page);
}

/* One read of one page from the scratch disk, which is kept waiting until the disk is unplugged. */
struct trial {
    struct block_device *disk;
    struct virtio_blk *blk;
    struct page *page;
    u32 resets; /* before it */
    struct answers answers;
    struct asked asked;
};

static void trial_begin(struct trial *t)
{
    *t = (struct trial){.disk = scratch_disk(), .page = obtain(page_alloc(GFP_KERNEL))};
    check(t->page != NULL);
    t->blk = virtio_blk_of(t->disk);
    t->resets = t->blk->resets;
}

/* The request stands in the queue on return; the disk has not been told. */
static void trial_ask(struct trial *t, u64 sector)
{
    answers_init(&t->answers);
    block_plug(t->disk);
    check_eq(answers_ask(&t->answers, &t->asked, t->disk, BLOCK_READ, sector, whole_page(t->page)), 0);
}

/* Answered, with this: 0 or -errno. */
static void trial_check(struct trial *t, int error)
{
    check_eq(answers_wait(&t->answers), error != 0);
    check_eq(t->answers.error, error);
    check_eq(page_refs(t->page), 1);
}

static void trial_end(struct trial *t)
{
    page_put(t->page);
    block_device_put(t->disk);
}

TEST(disk_never_answers, .disk = true,
     .shows = "a disk that does not answer in time is reset; its request fails, the next one does not")
{
    u32 patience = virtio_blk_patience;
    struct trial t;

    trial_begin(&t);
    virtio_blk_patience = 0; /* it is not told, so it never answers, however long we would wait */
    trial_ask(&t, 1);
    virtio_blk_patience = patience;
    trial_check(&t, -ETIMEDOUT);
    check_eq(t.blk->resets - t.resets, 1);
    block_unplug(t.disk);
    check_works(t.disk);
    trial_end(&t);
}

/* The first piece of the only request in the queue is empty, which no device accepts: QEMU's stops, and asks
 * for a reset (virtio 2.1.2). A descriptor: address, length, flags (virtio 2.7.5). */
static void break_down(struct virtio_blk *blk)
{
    irqflags_t flags = spin_lock_irq_save(&blk->lock);
    struct block_request *r = list_first(&blk->flying, struct block_request, link);

    check(r != NULL);
    if (r)
        ((u32 *)blk->queue.table)[4 * r->slot + 2] = 0;
    virtio_notify(&blk->virtio);
    spin_unlock_irq_restore(&blk->lock, flags);
}

static void await_resets(struct virtio_blk *blk, u32 resets)
{
    while (READ_ONCE(blk->resets) != resets)
        task_yield();
}

TEST(disk_breaks_down, .disk = true,
     .shows = "a disk that asks for a reset gets one and its request again; who breaks it twice fails")
{
    struct trial t;

    trial_begin(&t);
    for (u32 times = 1; times <= 2; times++) {
        trial_ask(&t, 33);
        for (u32 i = 0; i < times; i++) {
            break_down(t.blk);
            await_resets(t.blk, ++t.resets);
        }
        block_unplug(t.disk);
        trial_check(&t, times == 2 ? -EIO : 0);
        if (times == 1)
            check(scratch_is_right(page_address(t.page), 33, PAGE_SECTORS));
    }
    check_works(t.disk);
    trial_end(&t);
}

/* Puts an answer into the used ring (virtio 2.7.8: flags, idx, then pairs of id and length) that the device
 * never gave, to a request that there is not. */
static void answer_falsely(struct virtio_blk *blk)
{
    irqflags_t flags = spin_lock_irq_save(&blk->lock);
    struct virtqueue *q = &blk->queue;
    u32 *ring = (u32 *)q->used + 1;

    ring[q->seen % q->size * 2] = 7777;
    store_release((u16 *)q->used + 1, (u16)(q->seen + 1));
    spin_unlock_irq_restore(&blk->lock, flags);
    virtio_blk_interrupt(blk);
}

TEST(disk_answers_falsely, .disk = true,
     .shows = "an answer to a request that there is not: the disk is reset, what it really has is sent again")
{
    struct trial t;

    trial_begin(&t);
    trial_ask(&t, 41);
    answer_falsely(t.blk);
    check_eq(t.blk->resets - t.resets, 1);
    block_unplug(t.disk);
    trial_check(&t, 0);
    check(scratch_is_right(page_address(t.page), 41, PAGE_SECTORS));
    trial_end(&t);
}

/* Frames in use when nothing is kept for later. */
static u32 frames_now(void)
{
    slab_reap();
    kvalloc_purge();
    return frames_in_use();
}

/* Takes the disk away while it has a request that it was not told of. */
static void take_away(void)
{
    struct asked late;
    struct trial t;

    trial_begin(&t);
    trial_ask(&t, 1);
    virtio_blk_stop(t.blk);
    check_eq(answers_ask(&t.answers, &late, t.disk, BLOCK_READ, 1, whole_page(t.page)), -ENODEV);
    block_unplug(t.disk);
    check_eq(block_interrupt_on(t.disk, 0), -ENODEV);
    trial_check(&t, -ENODEV);
    trial_end(&t);
}

TEST(
    disk_taken_away, .disk = true,
    .shows =
        "a disk taken away with a request in flight: -ENODEV, nothing leaked; it comes back, whatever allocation fails")
{
    struct block_device *disk = scratch_disk();
    const struct pci_device *pci = virtio_blk_of(disk)->virtio.pci;
    u32 refused = 0, before = frames_now();
    struct virtio_blk *back = NULL;

    block_device_put(disk);
    take_away();
    u32 without = frames_now();
    check(without < before);
    for (u32 n = 1; !back && n < 100; n++) {
        alloc_fail_nth(n);
        back = virtio_blk_start(pci);
        alloc_fail_nth(0);
        refused += !back;
        if (!back)
            check_eq(frames_now(), without);
    }
    test_note("%u allocations refused one by one, each without a trace", refused);
    check(back && refused > 0);
    check_eq(frames_now(), before);
    disk = scratch_disk();
    check_works(disk);
    block_device_put(disk);
}
