/*
 * One split virtqueue: virtio 2.7. Three arrays in memory that both sides see, each written by one side only:
 *
 *     descriptors   (driver)  where the pieces of each request lie, chained
 *     available     (driver)  first descriptors of the chains that the device may take
 *     used          (device)  first descriptors of the chains that it is done with
 *
 * The indices of the two rings run on and wrap at 2^16; the rings' sizes are powers of two. Nothing here
 * knows what a request is. Everything but virtqueue_create() and virtqueue_destroy() wants the driver's lock,
 * and is for any context.
 */
#pragma once
#include "lib/compiler.h"

#define VIRTQUEUE_MAX 256u /* descriptors: so that their table is one frame */

struct page;
struct virtq_descriptor;
struct virtq_available;
struct virtq_used;

struct virtqueue {
    u32 size;                             /* (c) descriptors, a power of two */
    struct page *table_page, *rings_page; /* (c) pinned as long as the device knows them */
    struct virtq_descriptor *table;       /* (c) */
    struct virtq_available *available;    /* (c) */
    struct virtq_used *used;              /* (c) the device writes it */
    u16 free, free_n;                     /* descriptors that are in no chain, linked by `next` */
    u16 sent;                    /* chains made available since the last virtqueue_empty(): mod 2^16 */
    u16 seen;                    /* used entries taken */
    const char *wrong;           /* what the device did that no device may; NULL: nothing */
    void *tokens[VIRTQUEUE_MAX]; /* by first descriptor: whose chain it is; NULL: nobody's */
};

/* With at most `most` descriptors (a power of two). False when there is no memory. Sleeps. */
bool virtqueue_create(struct virtqueue *q, u32 most);
/* The device does not know it any more. */
void virtqueue_destroy(struct virtqueue *q);
/* As after virtqueue_create(): for a device that was reset. */
void virtqueue_empty(struct virtqueue *q);

struct virtq_addresses {
    paddr_t table, available, used;
};
struct virtq_addresses virtqueue_addresses(const struct virtqueue *q);

/* ---- sending: begin, add each piece, send ---- */
struct virtq_chain {
    struct virtqueue *queue;
    u16 first, last;
    u32 pieces;
};
static inline u32 virtqueue_room(const struct virtqueue *q)
{
    return q->free_n;
}
/* The caller knows that there is room for all pieces. What the device reads comes before what it writes
 * (virtio 2.7.4.2). */
struct virtq_chain virtq_chain_begin(struct virtqueue *q);
void virtq_chain_add(struct virtq_chain *chain, paddr_t address, u32 bytes, bool device_writes);
/* The device may take it from now on, and should be told if virtqueue_must_tell(). `token` comes back. */
void virtq_chain_send(struct virtq_chain *chain, void *token);
/* Does the device want to be told of what was sent? It does not while it looks by itself. */
bool virtqueue_must_tell(const struct virtqueue *q);

/* ---- receiving ---- */
/* The token of the next chain that the device is done with, or NULL. Its descriptors are free again; what the
 * device wrote is visible. */
void *virtqueue_take(struct virtqueue *q);
/* Is there something to take? */
bool virtqueue_has_answer(const struct virtqueue *q);
/* The device need not interrupt (it may all the same). */
void virtqueue_quiet(struct virtqueue *q);
/* It is to interrupt for whatever it finishes from now on. True: something was finished before it knew, for
 * which it will not interrupt; take again (R59). */
must_check bool virtqueue_listen(struct virtqueue *q);
