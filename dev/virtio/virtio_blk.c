/* A virtio disk's beginning and end. */
#include "dev/virtio/virtio_blk.h"
#include "dev/mmio.h"
#include "dev/virtio/virtio_blk_private.h"
#include "diag/assert.h"
#include "diag/printk.h"
#include "lib/errno.h"
#include "mm/kernel/slab.h"
#include "sync/held.h"

#define KIND_DISK 2u /* virtio 5 */

static void (*const handlers[VIRTIO_MESSAGES])(void *) = {
    [VIRTIO_MESSAGE_CONFIG] = virtio_blk_config_changed, [VIRTIO_MESSAGE_QUEUE] = virtio_blk_interrupt};

struct virtio_blk *virtio_blk_of(struct block_device *device)
{
    return container_of(device, struct virtio_blk, block);
}

/* Two registers make one number: read until none has changed in between (virtio 2.5.1). */
static u64 capacity(struct virtio_device *v)
{
    const volatile u32 *at = v->config;
    u32 before;
    u64 sectors;

    do {
        before = virtio_config_generation(v);
        sectors = mmio_read32(&at[0]) | (u64)mmio_read32(&at[1]) << 32;
    } while (virtio_config_generation(v) != before);
    return sectors;
}

static void describe(struct virtio_blk *disk)
{
    const volatile char *config = disk->virtio.config;
    u32 most = 1;

    if (disk->virtio.features & VIRTIO_BIT(BLK_F_SEG_MAX))
        most = mmio_read32(config + offsetof(struct virtio_blk_config, segments_max));
    disk->block.sectors = capacity(&disk->virtio);
    disk->block.fragments_max = MIN(MAX(most, 1u), disk->queue.size - 2);
    disk->flushes = disk->virtio.features & VIRTIO_BIT(BLK_F_FLUSH);
    disk->block.read_only = disk->virtio.features & VIRTIO_BIT(BLK_F_RO);
}

static void give_messages(struct virtio_blk *disk, u32 taken)
{
    while (taken > 0)
        message_interrupt_give(disk->numbers[--taken]);
}

/* CPU 0 is interrupted, until somebody wishes another. */
static int take_messages(struct virtio_blk *disk)
{
    for (u32 i = 0; i < VIRTIO_MESSAGES; i++) {
        int number = message_interrupt_take("virtio-blk", handlers[i], disk);
        if (number < 0) {
            give_messages(disk, i);
            return number;
        }
        disk->numbers[i] = (u32)number;
        pci_msix_send(&disk->virtio.msix, i, message_interrupt_to(disk->numbers[i], 0));
    }
    return 0;
}

/* What is missing, or NULL; on return the queue and the slots are there, or not. */
static const char *make_queue(struct virtio_blk *disk)
{
    u32 most = virtio_queue_size(&disk->virtio);

    if (most < 3 || (most & (most - 1)))
        return "it has no queue of three or more";
    if (!virtqueue_create(&disk->queue, most))
        return "no memory for its queue";
    disk->slots = kmalloc(disk->queue.size * sizeof(struct virtio_blk_slot), GFP_KERNEL);
    return disk->slots ? NULL : "no memory for its queue";
}

static void free_queue(struct virtio_blk *disk)
{
    kfree(disk->slots);
    virtqueue_destroy(&disk->queue);
}

/* What is the matter, or NULL. */
static const char *bring_up(struct virtio_blk *disk)
{
    const char *wrong = make_queue(disk);

    if (wrong)
        return wrong;
    if (take_messages(disk) != 0)
        return "all message interrupts are taken";
    if (virtio_blk_begin(disk))
        describe(disk);
    else
        wrong = "it does not agree with this driver";
    if (!wrong && block_device_add(&disk->block, "vd") != 0)
        wrong = "vda to vdz are all taken";
    if (wrong) {
        virtio_reset(&disk->virtio); /* or it would go on with a queue that is gone */
        give_messages(disk, VIRTIO_MESSAGES);
    }
    return wrong;
}

static void say(const struct virtio_blk *disk)
{
    char at[PCI_NAME_MAX];

    printk("%s: virtio disk at %s, %llu sectors of %u bytes (%llu KiB)%s, %u fragments a request, MSI-X\n",
           disk->block.name, pci_name(disk->virtio.pci, at), disk->block.sectors, SECTOR_SIZE,
           disk->block.sectors >> 1, disk->block.read_only ? ", read only" : "", disk->block.fragments_max);
}

struct virtio_blk *virtio_blk_start(const struct pci_device *pci)
{
    char at[PCI_NAME_MAX];
    struct virtio_blk *disk = kmalloc(sizeof *disk, GFP_KERNEL | GFP_ZERO);

    might_sleep();
    if (!disk || virtio_open(&disk->virtio, pci, sizeof(struct virtio_blk_config)) != 0) {
        kfree(disk);
        return NULL;
    }
    disk->block.ops = &virtio_blk_ops;
    spinlock_init(&disk->lock, "virtio_blk", DEVICE);
    list_init(&disk->waiting);
    list_init(&disk->flying);
    const char *wrong = bring_up(disk);
    if (!wrong) {
        say(disk);
        return disk;
    }
    printk("virtio disk at %s is not used: %s\n", pci_name(pci, at), wrong);
    virtio_close(&disk->virtio);
    free_queue(disk);
    kfree(disk);
    return NULL;
}

u32 virtio_blk_start_all(void)
{
    u32 started = 0;

    for (u32 i = 0; i < pci_devices_count(); i++)
        if (virtio_is(pci_device(i), KIND_DISK))
            started += virtio_blk_start(pci_device(i)) != NULL;
    return started;
}

/* Nothing is sent from now on, and what was is out of the device's hands. */
static void silence(struct virtio_blk *disk, struct list *ended)
{
    struct block_request *r;

    irqflags_t flags = spin_lock_irq_save(&disk->lock);
    disk->dead = "it was taken away";
    virtio_reset(&disk->virtio);
    while ((r = list_first(&disk->flying, struct block_request, link)) != NULL ||
           (r = list_first(&disk->waiting, struct block_request, link)) != NULL) {
        list_remove(&r->link);
        r->error = -ENODEV;
        list_push_back(ended, &r->link);
    }
    spin_unlock_irq_restore(&disk->lock, flags);
}

void virtio_blk_stop(struct virtio_blk *disk)
{
    struct list ended = LIST_INIT(ended);

    might_sleep();
    block_device_remove(&disk->block);
    silence(disk, &ended);
    timer_cancel(&disk->watch); /* nobody arms it any more */
    give_messages(disk, VIRTIO_MESSAGES);
    virtio_close(&disk->virtio);
    free_queue(disk);
    virtio_blk_end_all(&ended);
    printk("%s: taken away\n", disk->block.name);
    block_device_put(&disk->block);
}
