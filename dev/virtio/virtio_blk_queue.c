/* Requests to the disk and back: the way of every one of them. */
#include "arch/clock.h"
#include "dev/virtio/virtio_blk_private.h"
#include "diag/assert.h"
#include "diag/printk.h"
#include "diag/race.h"
#include "lib/errno.h"
#include "mm/kernel/slab.h"

/* virtio 5.2.6 */
enum { TYPE_IN = 0, TYPE_OUT = 1, TYPE_FLUSH = 4 };
enum { STATUS_OK = 0, STATUS_ERROR = 1, STATUS_UNSUPPORTED = 2, STATUS_NONE = 0xFF };

static const u32 type_of[] = {[BLOCK_READ] = TYPE_IN, [BLOCK_WRITE] = TYPE_OUT, [BLOCK_FLUSH] = TYPE_FLUSH};
static const char *const name_of[] = {
    [BLOCK_READ] = "read", [BLOCK_WRITE] = "write", [BLOCK_FLUSH] = "flush"};

static void put_in_queue(struct virtio_blk *disk, struct block_request *r) must_hold(&disk->lock)
{
    struct virtq_chain chain = virtq_chain_begin(&disk->queue);
    struct virtio_blk_slot *slot = &disk->slots[chain.first];
    paddr_t at = direct_to_phys(slot);

    r->slot = chain.first;
    r->tries++;
    *slot = (struct virtio_blk_slot){
        .type = type_of[r->op], .sector = r->op == BLOCK_FLUSH ? 0 : r->sector, .status = STATUS_NONE};
    virtq_chain_add(&chain, at, BLK_HEADER_BYTES, false);
    for (u32 i = 0; i < r->fragments_n; i++) {
        const struct block_fragment *f = &r->fragments[i];
        virtq_chain_add(&chain, (page_pfn(f->page) << PAGE_SHIFT) + f->offset, f->bytes, r->op == BLOCK_READ);
    }
    virtq_chain_add(&chain, at + offsetof(struct virtio_blk_slot, status), 1, true);
    r->deadline_ns = clock_ns() + virtio_blk_patience * NS_PER_SEC;
    list_push_back(&disk->flying, &r->link);
    virtq_chain_send(&chain, r);
    disk->sent++;
}

/* With the lock held, so that the device's registers do not go while it is told. */
static void tell(struct virtio_blk *disk) must_hold(&disk->lock)
{
    disk->untold = false;
    if (virtqueue_must_tell(&disk->queue))
        virtio_notify(&disk->virtio);
}

void virtio_blk_send(struct virtio_blk *disk)
{
    struct block_request *r;

    while (!disk->dead && (r = list_first(&disk->waiting, struct block_request, link)) != NULL) {
        if (virtqueue_room(&disk->queue) < r->fragments_n + 2)
            break; /* in order: a small one behind it must not starve it */
        list_remove(&r->link);
        put_in_queue(disk, r);
        disk->untold = true;
    }
    if (disk->untold && disk->plugs == 0 && !disk->dead)
        tell(disk);
    if (!list_is_empty(&disk->flying) && !disk->watching)
        virtio_blk_watch(disk);
}

static int submit(struct block_device *device, struct block_request *r)
{
    struct virtio_blk *disk = virtio_blk_of(device);
    int error = 0;

    if (r->op == BLOCK_FLUSH && !disk->flushes) {
        block_request_end(r, 0); /* it keeps nothing back: virtio 5.2.5 */
        return 0;
    }
    irqflags_t flags = spin_lock_irq_save(&disk->lock);
    if (disk->dead) {
        error = -ENODEV;
    } else {
        r->tries = 0;
        list_push_back(&disk->waiting, &r->link);
        virtio_blk_send(disk);
    }
    spin_unlock_irq_restore(&disk->lock, flags);
    return error;
}

static void plug(struct block_device *device, bool plugged)
{
    struct virtio_blk *disk = virtio_blk_of(device);

    irqflags_t flags = spin_lock_irq_save(&disk->lock);
    assert(plugged || disk->plugs > 0);
    disk->plugs = plugged ? disk->plugs + 1 : disk->plugs - 1;
    virtio_blk_send(disk);
    spin_unlock_irq_restore(&disk->lock, flags);
}

static int interrupt_on(struct block_device *device, u32 cpu)
{
    struct virtio_blk *disk = virtio_blk_of(device);
    int error = 0;

    if (cpu >= cpu_count())
        return -EINVAL;
    irqflags_t flags = spin_lock_irq_save(&disk->lock);
    if (disk->dead)
        error = -ENODEV;
    else
        pci_msix_send(&disk->virtio.msix, VIRTIO_MESSAGE_QUEUE,
                      message_interrupt_to(disk->numbers[VIRTIO_MESSAGE_QUEUE], cpu));
    spin_unlock_irq_restore(&disk->lock, flags);
    return error;
}

/* The device's answer as an errno. */
static int outcome(struct virtio_blk *disk, const struct block_request *r)
{
    u8 status = READ_ONCE(disk->slots[r->slot].status);

    if (status == STATUS_OK)
        return 0;
    printk("%s: %s of %u sectors from %llu on failed: the device %s\n", disk->block.name, name_of[r->op],
           block_request_bytes(r) / SECTOR_SIZE, r->sector,
           status == STATUS_ERROR         ? "reports an I/O error"
           : status == STATUS_UNSUPPORTED ? "does not know how"
                                          : "gave no proper answer");
    return status == STATUS_UNSUPPORTED ? -EOPNOTSUPP : -EIO;
}

/*
 * The device is quiet while it is listened to: many answers, one interrupt. The step from taking the last to
 * wanting interrupts again is the race of every such device (R59): what it finishes in between brings no
 * interrupt, so virtqueue_listen() looks once more when the device knows.
 */
void virtio_blk_collect(struct virtio_blk *disk, struct list *answered)
{
    struct block_request *r;

    do {
        virtqueue_quiet(&disk->queue);
        while ((r = virtqueue_take(&disk->queue)) != NULL) {
            r->error = outcome(disk, r); /* now: the next chain may get its slot */
            list_remove(&r->link);
            list_push_back(answered, &r->link);
            disk->answered++;
        }
        race_point(R59); /* the device may finish another, and believes that nobody wants to know; with the
                            disk's lock held */
    } while (virtqueue_listen(&disk->queue));
}

void virtio_blk_end_all(struct list *ended)
{
    for (struct block_request *r; (r = list_first(ended, struct block_request, link)) != NULL;) {
        list_remove(&r->link);
        block_request_end(r, r->error);
    }
}

void virtio_blk_interrupt(void *arg)
{
    struct virtio_blk *disk = arg;
    struct list answered = LIST_INIT(answered);

    irqflags_t flags = spin_lock_irq_save(&disk->lock);
    disk->interrupts++;
    if (!disk->dead) {
        virtio_blk_collect(disk, &answered);
        if (unlikely(disk->queue.wrong))
            virtio_blk_check(disk, &answered);
        virtio_blk_send(disk);
    }
    spin_unlock_irq_restore(&disk->lock, flags);
    virtio_blk_end_all(&answered);
}

static void release(struct block_device *device)
{
    kfree(virtio_blk_of(device));
}

const struct block_ops virtio_blk_ops = {
    .submit = submit, .plug = plug, .interrupt_on = interrupt_on, .release = release};
