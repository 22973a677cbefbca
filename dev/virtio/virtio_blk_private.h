/* Between the files of the virtio disk. Prototypes without a contract: any context. */
#pragma once
#include "dev/virtio/virtio_blk.h"
#include "lib/contract.h"

/* virtio 5.2.4: the fields that are read here. */
struct virtio_blk_config {
    u64 capacity; /* in sectors of 512 bytes, whatever its block size */
    u32 size_max, segments_max;
};
#define BLK_F_SEG_MAX 2u
#define BLK_F_RO      5u
#define BLK_F_FLUSH   9u

/* A request as the device reads it, and its answer: virtio 5.2.6. */
struct virtio_blk_slot {
    u32 type, reserved;
    u64 sector;
    u8 status;
    u8 pad[15];
};
#define BLK_HEADER_BYTES 16u

extern const struct block_ops virtio_blk_ops;

/* ---- virtio_blk_queue.c ---- */
/* Sends what waits, as far as there is room, and tells the device. */
void virtio_blk_send(struct virtio_blk *disk) must_hold(&disk->lock);
/* Takes what the device is done with out of the queue, onto `answered`, with its error; then nothing is left
 * for which it will not interrupt. */
void virtio_blk_collect(struct virtio_blk *disk, struct list *answered) must_hold(&disk->lock);
/* Ends the requests of a list, each with its own `error`. No lock held. */
void virtio_blk_end_all(struct list *ended);
void virtio_blk_interrupt(void *disk);

/* ---- virtio_blk_watch.c ---- */
/* From a reset device to one that works, with an empty queue; false when it does not want to. Nobody else
 * knows the disk yet, or its lock is held. */
must_check bool virtio_blk_begin(struct virtio_blk *disk);
/* Somebody is to look whether the oldest request was answered in time. */
void virtio_blk_watch(struct virtio_blk *disk) must_hold(&disk->lock);
/* The device says something of itself. */
void virtio_blk_config_changed(void *disk);
/* Resets the device if it has broken down. Requests that fail by that go onto `failed`, with their errors. */
void virtio_blk_check(struct virtio_blk *disk, struct list *failed) must_hold(&disk->lock);
