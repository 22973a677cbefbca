/*
 * The order of accesses is all there is to it:
 *
 *     sending      descriptors, ring entry       ->(release)       available.idx
 *                                                ->(full barrier)  used.flags: tell it?
 *     receiving    used.idx                      ->(acquire)       ring entry, data
 *     listening    available.flags := interrupt  ->(full barrier)  used.idx: anything since?
 *
 * The two full barriers are one idea, twice. Each side says "I have something" and then looks whether the
 * other is listening; the other says "I listen" and then looks whether there is something. Were a look made
 * before the own word is out, each could miss the other's, and both would wait (R59).
 */
#include "dev/virtio/virtqueue.h"
#include "arch/atomic.h"
#include "diag/assert.h"
#include "diag/race.h"
#include "lib/string.h"
#include "mm/frame/page.h"

/* virtio 2.7.5, 2.7.6, 2.7.8; little-endian, as we are. */
struct virtq_descriptor {
    u64 address;
    u32 bytes;
    u16 flags, next;
};
struct virtq_available {
    u16 flags, idx;
    u16 ring[];
};
struct virtq_used {
    u16 flags, idx;
    struct {
        u32 id, written;
    } ring[];
};
static_assert(sizeof(struct virtq_descriptor) == 16 && sizeof(struct virtq_used) == 4, "virtio 2.7");
#define DESCRIPTOR_NEXT        1u
#define DESCRIPTOR_WRITE       2u
#define AVAILABLE_NO_INTERRUPT 1u
#define USED_NO_NOTIFY         1u

/* Both rings in one frame. */
#define USED_OFFSET 1024u
static_assert(VIRTQUEUE_MAX * sizeof(struct virtq_descriptor) <= PAGE_SIZE, "the table is one frame");
static_assert(6 + 2 * VIRTQUEUE_MAX <= USED_OFFSET && USED_OFFSET + 6 + 8 * VIRTQUEUE_MAX <= PAGE_SIZE,
              "the rings are one frame");

bool virtqueue_create(struct virtqueue *q, u32 most)
{
    *q = (struct virtqueue){.size = MIN(most, VIRTQUEUE_MAX)};
    assert(q->size > 0 && (q->size & (q->size - 1)) == 0);
    q->table_page = page_alloc(GFP_KERNEL);
    q->rings_page = page_alloc(GFP_KERNEL);
    if (!q->table_page || !q->rings_page) {
        virtqueue_destroy(q);
        return false;
    }
    q->table = page_address(q->table_page);
    q->available = page_address(q->rings_page);
    q->used = (struct virtq_used *)((char *)page_address(q->rings_page) + USED_OFFSET);
    virtqueue_empty(q);
    return true;
}

void virtqueue_destroy(struct virtqueue *q)
{
    if (q->table_page)
        page_put(q->table_page);
    if (q->rings_page)
        page_put(q->rings_page);
    q->table_page = q->rings_page = NULL;
}

void virtqueue_empty(struct virtqueue *q)
{
    memset(q->table, 0, PAGE_SIZE);
    memset(q->available, 0, PAGE_SIZE);
    memset(q->tokens, 0, sizeof q->tokens);
    for (u32 i = 0; i < q->size; i++)
        q->table[i].next = (u16)(i + 1);
    q->free = 0;
    q->free_n = (u16)q->size;
    q->sent = q->seen = 0;
    q->wrong = NULL;
}

struct virtq_addresses virtqueue_addresses(const struct virtqueue *q)
{
    return (struct virtq_addresses){direct_to_phys(q->table), direct_to_phys(q->available),
                                    direct_to_phys(q->used)};
}

struct virtq_chain virtq_chain_begin(struct virtqueue *q)
{
    return (struct virtq_chain){.queue = q, .first = q->free};
}

void virtq_chain_add(struct virtq_chain *chain, paddr_t address, u32 bytes, bool device_writes)
{
    struct virtqueue *q = chain->queue;
    u16 at = q->free;
    struct virtq_descriptor *d = &q->table[at];

    assert(q->free_n > 0 && bytes > 0);
    q->free = d->next;
    q->free_n--;
    d->address = address;
    d->bytes = bytes;
    d->flags = device_writes ? DESCRIPTOR_WRITE : 0;
    if (chain->pieces++ > 0)
        q->table[chain->last].flags |=
            DESCRIPTOR_NEXT; /* its `next` is `at` already: it was the free list's */
    chain->last = at;
}

void virtq_chain_send(struct virtq_chain *chain, void *token)
{
    struct virtqueue *q = chain->queue;

    assert(token && chain->pieces > 0 && !q->tokens[chain->first]);
    q->tokens[chain->first] = token;
    q->available->ring[q->sent % q->size] = chain->first;
    q->sent++;
    store_release(&q->available->idx, q->sent);
}

bool virtqueue_must_tell(const struct virtqueue *q)
{
    memory_barrier();
    return !(READ_ONCE(q->used->flags) & USED_NO_NOTIFY);
}

/* Puts a chain's descriptors back in front of the free ones. */
static void free_chain(struct virtqueue *q, u16 first)
{
    u16 last = first;
    u16 n = 1;

    for (; q->table[last].flags & DESCRIPTOR_NEXT; n++)
        last = q->table[last].next;
    q->table[last].next = q->free;
    q->free = first;
    q->free_n = (u16)(q->free_n + n);
}

bool virtqueue_has_answer(const struct virtqueue *q)
{
    return !q->wrong && load_acquire(&q->used->idx) != q->seen;
}

void *virtqueue_take(struct virtqueue *q)
{
    if (!virtqueue_has_answer(q))
        return NULL;
    u32 first = READ_ONCE(q->used->ring[q->seen % q->size].id);
    if (first >= q->size || !q->tokens[first]) {
        q->wrong = "it is done with a request that it does not have";
        return NULL;
    }
    void *token = q->tokens[first];
    q->tokens[first] = NULL;
    q->seen++;
    free_chain(q, (u16)first);
    return token;
}

void virtqueue_quiet(struct virtqueue *q)
{
    WRITE_ONCE(q->available->flags, AVAILABLE_NO_INTERRUPT);
}

bool virtqueue_listen(struct virtqueue *q)
{
    WRITE_ONCE(q->available->flags, 0);
    memory_barrier();
    return !mutant(R59) && virtqueue_has_answer(q);
}
