/*
 * The virtio disk: virtio 5.2. One queue, as many requests in flight as it has room for; the rest wait here
 * in order. A request of n fragments is a chain of n + 2 descriptors: a header (what, where), the data, a
 * byte for the answer.
 *
 * How a disk that does not answer is found out: a timer looks whether the oldest request is past its deadline
 * (boot word disktimeout=). It is then taken for stuck, as is one that asks for a reset or breaks the rules
 * of the queue: it is reset, the requests that are past their deadlines fail with -ETIMEDOUT, the others are
 * sent once more. Nobody's frames are let go before the reset has taken the device's hands off them.
 */
#pragma once
#include "dev/virtio/virtio_pci.h"
#include "dev/virtio/virtqueue.h"
#include "fs/block/block.h"
#include "sched/sched.h"

struct virtio_blk_slot;

/* Key: (c) constant after the start; (d) under lock. */
struct virtio_blk {
    struct block_device block;
    struct virtio_device virtio;
    struct spinlock lock;          /* RANK_DEVICE, interrupts off */
    struct virtqueue queue;        /* (d) */
    struct virtio_blk_slot *slots; /* (d) by a chain's first descriptor; the device reads and writes them */
    bool flushes;                  /* (c) it may keep back what was written, until it is asked for a flush */
    struct list waiting;           /* (d) requests for which there was no room, by arrival */
    struct list flying;            /* (d) requests that the device has, by deadline */
    u32 plugs;                     /* (d) */
    bool untold;                   /* (d) there is something in the queue that the device was not told of */
    const char *dead;              /* (d) why nothing is sent any more; NULL: it lives */
    bool watching;                 /* (d) the timer is armed, or fires */
    struct timer watch;            /* armed by whoever sets `watching` */
    u32 numbers[VIRTIO_MESSAGES];  /* (c) its message interrupts */
    u32 sent, answered, interrupts, resets; /* (d) counted since the start */
};

/* Every virtio disk that pci_scan() found becomes a block device; one that cannot is left with a line in the
 * log that says why. Returns how many. Sleeps. */
u32 virtio_blk_start_all(void);
/* One device, by hand; NULL with a line in the log. Sleeps. */
struct virtio_blk *virtio_blk_start(const struct pci_device *pci);
/* Takes the disk away: nobody finds it any more, its requests fail with -ENODEV; the struct goes when the
 * last who has it puts it. Sleeps. */
void virtio_blk_stop(struct virtio_blk *disk);
struct virtio_blk *virtio_blk_of(struct block_device *device);

/* Seconds until a disk that does not answer is reset: disktimeout=. Tests change it. */
extern u32 virtio_blk_patience;
