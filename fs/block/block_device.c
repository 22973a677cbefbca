/* The list of block devices: found by name, kept by references. */
#include "diag/assert.h"
#include "fs/block/block.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

#define NAMES 26u

DEFINE_SPINLOCK(block_devices_lock, LEAF);
static struct list devices = LIST_INIT(devices); /* under it */

static struct block_device *find_locked(const char *name) must_hold(&block_devices_lock)
{
    struct block_device *device;

    list_for_each (device, &devices, link)
        if (strcmp(device->name, name) == 0)
            return device;
    return NULL;
}

int block_device_add(struct block_device *device, const char *prefix)
{
    int error = -ENOSPC;

    spin_lock(&block_devices_lock);
    for (u32 i = 0; i < NAMES && error; i++) {
        fmt_snprintf(device->name, sizeof device->name, "%s%c", prefix, 'a' + i);
        error = find_locked(device->name) ? -ENOSPC : 0;
    }
    if (!error) {
        atomic_set(&device->refs, 1);
        list_push_back(&devices, &device->link);
    }
    spin_unlock(&block_devices_lock);
    return error;
}

void block_device_remove(struct block_device *device)
{
    spin_lock(&block_devices_lock);
    list_remove(&device->link);
    spin_unlock(&block_devices_lock);
}

struct block_device *block_device_find(const char *name)
{
    spin_lock(&block_devices_lock);
    struct block_device *device = find_locked(name);
    if (device)
        atomic_inc(&device->refs); /* it is on the list, so it has the reference of whoever added it */
    spin_unlock(&block_devices_lock);
    return device;
}

void block_device_put(struct block_device *device)
{
    int refs = atomic_dec(&device->refs);

    assert(refs >= 0);
    if (refs == 0)
        device->ops->release(device);
}

void block_plug(struct block_device *device)
{
    device->ops->plug(device, true);
}

void block_unplug(struct block_device *device)
{
    device->ops->plug(device, false);
}

int block_interrupt_on(struct block_device *device, u32 cpu)
{
    return device->ops->interrupt_on ? device->ops->interrupt_on(device, cpu) : -EOPNOTSUPP;
}
