/*
 * Block devices as everything above sees them: sectors of 512 bytes, read and written by requests.
 *
 * A request is the caller's own memory; the layers below allocate nothing for it. Its life:
 *
 *     caller            block_submit()            the device            block_request_end()       caller
 *     fills it in  ->   checks, pins frames  ->   reads or writes  ->   lets the frames go   ->   done()
 *
 * From block_submit() until done() the device may write the frames, whatever becomes of the caller's other
 * claims to them: each fragment's frame has a reference for just that time (R60). The fragments' array, and
 * the request, stay the caller's and must stay in place.
 */
#pragma once
#include "arch/atomic.h"
#include "lib/list.h"
#include "mm/frame/page.h"

#define SECTOR_SIZE 512u

enum block_op { BLOCK_READ, BLOCK_WRITE, BLOCK_FLUSH };

/* Bytes of one frame, of whatever zone. */
struct block_fragment {
    struct page *page;
    u16 offset, bytes; /* offset + bytes <= PAGE_SIZE; bytes > 0 */
};

struct block_device;
struct block_request {
    enum block_op op;
    u64 sector;                             /* the first */
    const struct block_fragment *fragments; /* together a whole number of sectors; none for BLOCK_FLUSH */
    u32 fragments_n;
    /* Called once, when the frames are the caller's alone again; the request may be gone when it returns. In
     * interrupt context with no lock held, on any CPU: must not sleep, may submit. error: 0 or a negative
     * errno. */
    void (*done)(struct block_request *request, int error);
    void *owner; /* for done() */
    /* The driver's until done(). */
    struct list link;
    u64 deadline_ns;
    int error;
    u16 slot, tries;
};

/* What a driver does. `submit` takes a request that fits the device (0), or refuses it (negative errno) and
 * then never calls block_request_end() for it. Any context but NMI, no lock of RANK_DEVICE or above held. */
struct block_ops {
    int (*submit)(struct block_device *device, struct block_request *request);
    void (*plug)(struct block_device *device, bool plugged);
    int (*interrupt_on)(struct block_device *device, u32 cpu);
    void (*release)(struct block_device *device); /* the last reference is gone; task context */
};

struct block_device {
    char name[8];                /* (c) "vda" */
    const struct block_ops *ops; /* (c) */
    u64 sectors;                 /* (c) */
    u32 fragments_max;           /* (c) of one request */
    bool read_only;              /* (c) */
    atomic_t refs;
    struct list link; /* in the list of all, under its lock */
};

/* ---- devices ---- */
/* The device becomes findable, under the next free name after `prefix` ("vd": vda, vdb, ... vdz); one
 * reference is the caller's. -ENOSPC when all names are taken. Task context. */
must_check int block_device_add(struct block_device *device, const char *prefix);
/* Nobody finds it from now on; who has it keeps it. */
void block_device_remove(struct block_device *device);
/* By name, with a reference; NULL when there is none. */
struct block_device *block_device_find(const char *name);
void block_device_put(struct block_device *device); /* task context */

/* ---- requests ---- */
/* 0: request->done() will be called, perhaps before this returns. Else it will not, and nothing was done:
 * -EIO beyond the end of the device (with a line in the log), -EROFS, -ENODEV when the device is gone. Any
 * context but NMI; holds no lock that done() takes. */
must_check int block_submit(struct block_device *device, struct block_request *request);
u32 block_request_bytes(const struct block_request *request);
/* The driver's side: the device does not touch the request's frames any more. Any context, no lock held. */
void block_request_end(struct block_request *request, int error);
/* While plugged, the device is not told of requests; when the last plug is drawn it is told of all at once.
 * (It may find them earlier, by itself.) Calls nest. Any context. */
void block_plug(struct block_device *device);
void block_unplug(struct block_device *device);
/* Sends the device's interrupts to `cpu`; -EOPNOTSUPP where that is not ours to choose. Any context. */
must_check int block_interrupt_on(struct block_device *device, u32 cpu);

/* ---- for those who can wait: sleep until the device has answered, 0 or a negative errno ---- */
must_check int block_transfer(struct block_device *device, enum block_op op, u64 sector,
                              const struct block_fragment *fragments, u32 n);
/* Into or out of kernel memory: directly mapped, or the kernel window's; 4-byte aligned; whole sectors. */
must_check int block_read(struct block_device *device, u64 sector, void *to, size_t bytes);
must_check int block_write(struct block_device *device, u64 sector, const void *from, size_t bytes);
must_check int block_flush(struct block_device *device);
/* The frames behind `bytes` of kernel memory at `p`, as at most `max` fragments; *n says how many. Returns
 * how many bytes they are. The frames are the memory's: who frees it while a request is out keeps the
 * device's reference to each (R60), but not the addresses. Any context. */
size_t block_fragments_of(const void *p, size_t bytes, struct block_fragment *fragments, u32 max, u32 *n);
