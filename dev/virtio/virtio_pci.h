/*
 * A virtio device on the PCI bus: found, reset, agreed with, told where its queues lie. Source: Virtual I/O
 * Device Version 1.2; its sections are named as "virtio 4.1.4". The modern interface alone: where only the
 * legacy one is offered the device is refused with a line in the log.
 *
 *     reset -> ACKNOWLEDGE -> DRIVER -> features -> FEATURES_OK -> queues -> DRIVER_OK      (virtio 3.1.1)
 */
#pragma once
#include "dev/pci/pci.h"

struct virtio_common;
struct virtqueue;

/* Messages of every device: one when it says something of itself, one for its only queue. */
enum { VIRTIO_MESSAGE_CONFIG, VIRTIO_MESSAGE_QUEUE, VIRTIO_MESSAGES };

struct virtio_device {
    const struct pci_device *pci;          /* (c) */
    volatile struct virtio_common *common; /* (c) virtio 4.1.4.3 */
    volatile u8 *notify;                   /* (c) virtio 4.1.4.4 */
    volatile u8 *notify_queue;             /* where queue 0's notifications go; since virtio_begin() */
    volatile void *config;                 /* (c) what is this kind of device's own: 4.1.4.6 */
    u32 notify_multiplier;                 /* (c) */
    u32 notify_bytes, config_bytes;        /* (c) */
    u64 features;                          /* what both sides know: since the last virtio_agree() */
    struct pci_msix msix;
};

/* Device status: virtio 2.1. */
#define VIRTIO_ACKNOWLEDGE 1u
#define VIRTIO_DRIVER      2u
#define VIRTIO_DRIVER_OK   4u
#define VIRTIO_FEATURES_OK 8u
#define VIRTIO_NEEDS_RESET 64u
#define VIRTIO_FAILED      128u

/* Feature bits of every kind of device: virtio 6. */
#define VIRTIO_F_VERSION_1 32u
#define VIRTIO_BIT(n)      (1ull << (n))

/* Is it a virtio device of that kind (virtio 5: 2 is a disk), transitional or modern (virtio 4.1.2)? */
bool virtio_is(const struct pci_device *pci, u32 kind);
/* Finds and maps the device's registers; MSI-X is on, all masked; the device is reset. Negative errno with a
 * line in the log that says what is missing, and nothing left mapped. Sleeps. */
must_check int virtio_open(struct virtio_device *v, const struct pci_device *pci, u32 config_bytes);
/* The device is reset. Sleeps. */
void virtio_close(struct virtio_device *v);
/* From a reset device to one that knows its features: those of `wanted` that it offers, and VERSION_1. False
 * when it does not want to. Any context. */
must_check bool virtio_agree(struct virtio_device *v, u64 wanted);
/* Queue 0 is where `q` says, and answers by VIRTIO_MESSAGE_QUEUE; then the device may begin. False: it
 * refuses the messages, or wants to be told outside of its own window. Any context. */
must_check bool virtio_begin(struct virtio_device *v, struct virtqueue *q);
/* The most descriptors that queue 0 may have; 0: there is no such queue. */
u32 virtio_queue_size(struct virtio_device *v);
/* Tells the device that there is something in queue 0. Any context. */
void virtio_notify(struct virtio_device *v);
/*
 * Takes everything away from the device: when it returns, the device touches no memory of ours. True when it
 * did as it was told. False when it does not answer, or is gone; then it has lost its right to write memory
 * (pci_disable()), and is not to be used again. Bounded, never sleeps; any context.
 */
bool virtio_reset(struct virtio_device *v);
/* Its status byte; 0xFF when it is gone. */
u32 virtio_status(struct virtio_device *v);
/* Changes when the device has changed its configuration: read before and after (virtio 2.5.1). */
u32 virtio_config_generation(struct virtio_device *v);
