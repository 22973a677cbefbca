/*
 * A disk that breaks down. Three ways to learn of it: it says so itself (an interrupt of its own), it breaks
 * the rules of the queue, or it says nothing and the oldest request's time is up. One remedy: reset it, and
 * give the requests back to their owners or to the device; in this order, because until the reset the device
 * may still write their frames.
 */
#include "arch/clock.h"
#include "dev/virtio/virtio_blk_private.h"
#include "diag/bootwords.h"
#include "diag/printk.h"
#include "lib/errno.h"

#define STATUS_GONE 0xFFu
#define TRIES_MAX   2u /* a request that breaks the device twice is what breaks it */

u32 virtio_blk_patience = 30;
BOOT_NUMBER(disktimeout, "seconds until a disk that does not answer is reset", &virtio_blk_patience);

bool virtio_blk_begin(struct virtio_blk *disk)
{
    virtqueue_empty(&disk->queue);
    return virtio_agree(&disk->virtio,
                        VIRTIO_BIT(BLK_F_SEG_MAX) | VIRTIO_BIT(BLK_F_RO) | VIRTIO_BIT(BLK_F_FLUSH)) &&
           virtio_begin(&disk->virtio, &disk->queue);
}

static struct block_request *oldest(struct virtio_blk *disk) must_hold(&disk->lock)
{
    return list_first(&disk->flying, struct block_request, link);
}

static bool is_overdue(const struct block_request *r)
{
    return r && r->deadline_ns <= clock_ns();
}

/* What is the matter with it; NULL: nothing. */
static const char *trouble(struct virtio_blk *disk) must_hold(&disk->lock)
{
    u32 status = virtio_status(&disk->virtio);

    if (status == STATUS_GONE && !pci_is_there(disk->virtio.pci))
        return "it is gone from the bus";
    if (status & VIRTIO_NEEDS_RESET)
        return "it has broken down and asks for a reset";
    if (disk->queue.wrong)
        return disk->queue.wrong;
    return is_overdue(oldest(disk)) ? "it does not answer" : NULL;
}

/* After the reset: those whose time is up, or who were there too often, fail; the others wait in front of all
 * that waits, in their order. */
static void sort_out(struct virtio_blk *disk, struct list *failed) must_hold(&disk->lock)
{
    while (!list_is_empty(&disk->flying)) {
        struct block_request *r = list_entry(disk->flying.prev, struct block_request, link);
        bool late = is_overdue(r);
        r->error = late ? -ETIMEDOUT : -EIO;
        list_remove(&r->link);
        list_push_front(late || r->tries >= TRIES_MAX ? failed : &disk->waiting, &r->link);
    }
}

static void give_up(struct virtio_blk *disk, struct list *failed) must_hold(&disk->lock)
{
    disk->dead = "it does not come back from a reset";
    printk("%s: %s; it is not used any more\n", disk->block.name, disk->dead);
    for (struct block_request *r; (r = list_first(&disk->waiting, struct block_request, link)) != NULL;) {
        list_remove(&r->link);
        r->error = -ENODEV;
        list_push_back(failed, &r->link);
    }
}

void virtio_blk_check(struct virtio_blk *disk, struct list *failed)
{
    const char *why = trouble(disk);

    if (!why)
        return;
    printk("%s: %s; reset\n", disk->block.name, why);
    bool obeyed = virtio_reset(&disk->virtio);
    sort_out(disk, failed);
    disk->resets++;
    if (obeyed && virtio_blk_begin(disk))
        virtio_blk_send(disk);
    else
        give_up(disk, failed);
}

/* The oldest request's time may be up. It may also have been answered while its interrupt went astray. */
static void look(struct timer *timer)
{
    struct virtio_blk *disk = container_of(timer, struct virtio_blk, watch);
    struct list ended = LIST_INIT(ended);

    irqflags_t flags = spin_lock_irq_save(&disk->lock);
    disk->watching = false;
    if (!disk->dead && is_overdue(oldest(disk))) {
        virtio_blk_collect(disk, &ended);
        if (!list_is_empty(&ended))
            printk("%s: an answer without its interrupt\n", disk->block.name);
        virtio_blk_check(disk, &ended);
    }
    if (!disk->dead)
        virtio_blk_send(disk); /* there is room; and watches on */
    spin_unlock_irq_restore(&disk->lock, flags);
    virtio_blk_end_all(&ended);
}

/* Once a second at least: a timer that is armed cannot be brought forward under the lock that it takes, and
 * the next request may have less time than this one (virtio_blk_patience). */
void virtio_blk_watch(struct virtio_blk *disk)
{
    disk->watching = true;
    timer_arm(&disk->watch, MIN(oldest(disk)->deadline_ns, clock_ns() + NS_PER_SEC), look);
}

void virtio_blk_config_changed(void *arg)
{
    struct virtio_blk *disk = arg;
    struct list failed = LIST_INIT(failed);

    irqflags_t flags = spin_lock_irq_save(&disk->lock);
    if (!disk->dead) {
        virtio_blk_collect(disk, &failed); /* what it did before it broke down is done */
        virtio_blk_check(disk, &failed);
    }
    spin_unlock_irq_restore(&disk->lock, flags);
    virtio_blk_end_all(&failed);
}
