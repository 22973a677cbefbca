/* The way to a virtio device's registers, and through its initialization. */
#include "dev/virtio/virtio_pci.h"
#include "arch/cpu.h"
#include "dev/mmio.h"
#include "dev/virtio/virtqueue.h"
#include "diag/assert.h"
#include "diag/printk.h"
#include "lib/errno.h"
#include "mm/kernel/kvalloc.h"

#define VENDOR_VIRTIO       0x1AF4u
#define DEVICE_TRANSITIONAL 0x0FFFu /* + kind, for disks: virtio 4.1.2.1 names 0x1001 */
#define DEVICE_MODERN       0x1040u /* + kind */

/* virtio 4.1.4: the kind of structure that a vendor capability tells of, at its offset 3; then the window,
 * its offset and length. */
enum structure { COMMON = 1, NOTIFY = 2, CONFIG = 4 };
#define CAP_KIND       3u
#define CAP_BAR        4u
#define CAP_OFFSET     8u
#define CAP_LENGTH     12u
#define CAP_MULTIPLIER 16u /* of NOTIFY */

/* virtio 4.1.4.3 */
struct virtio_common {
    u32 device_feature_select, device_feature, driver_feature_select, driver_feature;
    u16 config_message, queues;
    u8 status, config_generation;
    u16 queue_select, queue_size, queue_message, queue_enable, queue_notify_offset;
    u32 table_low, table_high, available_low, available_high, used_low, used_high;
};
static_assert(sizeof(struct virtio_common) == 56 && offsetof(struct virtio_common, table_low) == 32,
              "virtio 4.1.4.3");
#define RESET_POLLS 100000u /* some tenths of a second */
#define GONE        0xFFu   /* what a read gives where nothing answers */

bool virtio_is(const struct pci_device *pci, u32 kind)
{
    return pci->vendor == VENDOR_VIRTIO &&
           (pci->device == DEVICE_TRANSITIONAL + kind || pci->device == DEVICE_MODERN + kind);
}

/* Maps the first structure of that kind that is long enough (a device may offer several: take the first). */
static volatile void *map_structure(const struct pci_device *pci, enum structure kind, u32 least, u32 *length,
                                    u32 *capability)
{
    for (u32 at = 0; (at = pci_capability(pci, PCI_CAP_VENDOR, at)) != 0;) {
        *length = pci_read(pci, at + CAP_LENGTH);
        if (pci_read8(pci, at + CAP_KIND) != kind || *length < least)
            continue;
        *capability = at;
        return pci_map(pci, pci_read8(pci, at + CAP_BAR), pci_read(pci, at + CAP_OFFSET), *length, "virtio");
    }
    return NULL;
}

static void unmap(struct virtio_device *v)
{
    kvfree((void *)(uintptr_t)v->common);
    kvfree((void *)(uintptr_t)v->notify);
    kvfree((void *)(uintptr_t)v->config);
}

/* What is missing, or NULL. */
static const char *map_all(struct virtio_device *v, u32 config_bytes)
{
    u32 length, capability;

    v->common = map_structure(v->pci, COMMON, sizeof(struct virtio_common), &length, &capability);
    if (!v->common)
        return "no modern virtio interface";
    v->notify = map_structure(v->pci, NOTIFY, 2, &v->notify_bytes, &capability);
    if (!v->notify)
        return "no notification structure";
    v->notify_multiplier = pci_read(v->pci, capability + CAP_MULTIPLIER);
    v->config = map_structure(v->pci, CONFIG, config_bytes, &v->config_bytes, &capability);
    return v->config ? NULL : "no configuration of its own";
}

int virtio_open(struct virtio_device *v, const struct pci_device *pci, u32 config_bytes)
{
    char name[PCI_NAME_MAX];
    int error = -ENODEV;

    *v = (struct virtio_device){.pci = pci};
    pci_enable(pci);
    const char *missing = map_all(v, config_bytes);
    if (!missing && (error = pci_msix_open(&v->msix, pci, VIRTIO_MESSAGES)) != 0)
        missing = "no MSI-X with two messages";
    if (!missing && virtio_reset(v))
        return 0;
    printk("virtio device at %s is not used: %s\n", pci_name(pci, name),
           missing ? missing : "it does not obey a reset");
    pci_disable(pci);
    if (v->msix.table)
        pci_msix_close(&v->msix);
    unmap(v);
    return error ? error : -EIO;
}

void virtio_close(struct virtio_device *v)
{
    virtio_reset(v);
    pci_disable(v->pci);
    pci_msix_close(&v->msix);
    unmap(v);
}

u32 virtio_status(struct virtio_device *v)
{
    return v->common->status;
}

u32 virtio_config_generation(struct virtio_device *v)
{
    return v->common->config_generation;
}

/* virtio 2.4.2: it is done when the status reads 0. */
bool virtio_reset(struct virtio_device *v)
{
    v->common->status = 0;
    for (u32 i = 0; i < RESET_POLLS; i++) {
        u32 status = v->common->status;
        if (status == 0)
            return true;
        if (status == GONE && !pci_is_there(v->pci))
            break;
        cpu_relax();
    }
    pci_disable(v->pci);
    return false;
}

static u64 offered_features(struct virtio_device *v)
{
    u64 features;

    v->common->device_feature_select = 1;
    features = (u64)v->common->device_feature << 32;
    v->common->device_feature_select = 0;
    return features | v->common->device_feature;
}

bool virtio_agree(struct virtio_device *v, u64 wanted)
{
    v->common->status = VIRTIO_ACKNOWLEDGE;
    v->common->status = VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER;
    v->features = offered_features(v) & (wanted | VIRTIO_BIT(VIRTIO_F_VERSION_1));
    if (!(v->features & VIRTIO_BIT(VIRTIO_F_VERSION_1)))
        return false;
    v->common->driver_feature_select = 0;
    v->common->driver_feature = (u32)v->features;
    v->common->driver_feature_select = 1;
    v->common->driver_feature = (u32)(v->features >> 32);
    v->common->status = VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_FEATURES_OK;
    return v->common->status & VIRTIO_FEATURES_OK;
}

u32 virtio_queue_size(struct virtio_device *v)
{
    v->common->queue_select = 0;
    return v->common->queue_size;
}

/* virtio 4.1.5.1.2: what is read back says whether the device has taken the message. */
static bool set_messages(volatile struct virtio_common *common)
{
    common->config_message = VIRTIO_MESSAGE_CONFIG;
    common->queue_message = VIRTIO_MESSAGE_QUEUE;
    return common->config_message == VIRTIO_MESSAGE_CONFIG && common->queue_message == VIRTIO_MESSAGE_QUEUE;
}

bool virtio_begin(struct virtio_device *v, struct virtqueue *q)
{
    volatile struct virtio_common *common = v->common;
    struct virtq_addresses where = virtqueue_addresses(q);

    common->queue_select = 0;
    common->queue_size = (u16)q->size;
    u32 notify = common->queue_notify_offset * v->notify_multiplier;
    if (!set_messages(common) || notify > v->notify_bytes - 2)
        return false;
    v->notify_queue = v->notify + notify;
    common->table_low = where.table;
    common->table_high = 0;
    common->available_low = where.available;
    common->available_high = 0;
    common->used_low = where.used;
    common->used_high = 0;
    common->queue_enable = 1;
    common->status = common->status | VIRTIO_DRIVER_OK;
    return true;
}

void virtio_notify(struct virtio_device *v)
{
    mmio_write16(v->notify_queue, 0); /* which queue: virtio 4.1.5.2 */
}
