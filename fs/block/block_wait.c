/*
 * Requests of those who wait for the answer. The request stands on the waiter's stack, with a completion: the
 * answer may come before the waiter sleeps (R32), and the waiter's return takes the request away, which only
 * completion_wait() makes safe: whoever completes is out of it by then.
 */
#include "arch/pgtable.h"
#include "diag/assert.h"
#include "fs/block/block.h"
#include "lib/errno.h"
#include "sync/completion.h"
#include "sync/held.h"

#define FRAGMENTS 16u /* of one request on a stack */

struct awaited {
    struct completion answered;
    int error;
};

static void answer(struct block_request *request, int error)
{
    struct awaited *a = request->owner;

    a->error = error;
    complete(&a->answered);
}

int block_transfer(struct block_device *device, enum block_op op, u64 sector,
                   const struct block_fragment *fragments, u32 n)
{
    struct awaited a;
    struct block_request request = {
        .op = op, .sector = sector, .fragments = fragments, .fragments_n = n, .done = answer, .owner = &a};

    might_sleep();
    completion_init(&a.answered);
    int error = block_submit(device, &request);
    if (error)
        return error;
    completion_wait(&a.answered);
    return a.error;
}

/* The frame behind a kernel address. The entries of the window's pages stay while somebody has the range. */
static pfn_t frame_behind(const void *p)
{
    vaddr_t va = (vaddr_t)(uintptr_t)p;

    if (va >= DIRECT_BASE && va - DIRECT_BASE < DIRECT_SIZE)
        return direct_to_phys(p) >> PAGE_SHIFT;
    assert(va >= KWINDOW_BASE && va < KWINDOW_END);
    pte_t pte = kernel_pte_get(va);
    assert(pte_present(pte));
    return pte_pfn(pte);
}

size_t block_fragments_of(const void *p, size_t bytes, struct block_fragment *fragments, u32 max, u32 *n)
{
    const char *at = p;
    size_t left = bytes;

    for (*n = 0; left > 0 && *n < max; ++*n) {
        u32 offset = (uintptr_t)at & (PAGE_SIZE - 1);
        u32 here = MIN(left, PAGE_SIZE - offset);
        fragments[*n] = (struct block_fragment){page_of(frame_behind(at)), (u16)offset, (u16)here};
        at += here;
        left -= here;
    }
    return bytes - left;
}

/* So many requests, one after the other, as the fragments on a stack allow for. */
static int transfer_memory(struct block_device *device, enum block_op op, u64 sector, const void *p,
                           size_t bytes)
{
    struct block_fragment fragments[FRAGMENTS];
    u32 n, max = MIN(FRAGMENTS, device->fragments_max);
    int error = 0;

    assert((uintptr_t)p % 4 == 0 && bytes % SECTOR_SIZE == 0);
    for (const char *at = p; bytes > 0 && !error;) {
        size_t all = block_fragments_of(at, bytes, fragments, max, &n);
        size_t now = ALIGN_DOWN(all, (size_t)SECTOR_SIZE);
        if (now < all) /* only where the last page is cut short, by less than a sector */
            fragments[n - 1].bytes = (u16)(fragments[n - 1].bytes - (all - now));
        error = block_transfer(device, op, sector, fragments, n);
        at += now;
        bytes -= now;
        sector += now / SECTOR_SIZE;
    }
    return error;
}

int block_read(struct block_device *device, u64 sector, void *to, size_t bytes)
{
    return transfer_memory(device, BLOCK_READ, sector, to, bytes);
}

int block_write(struct block_device *device, u64 sector, const void *from, size_t bytes)
{
    return transfer_memory(device, BLOCK_WRITE, sector, from, bytes);
}

int block_flush(struct block_device *device)
{
    return block_transfer(device, BLOCK_FLUSH, 0, NULL, 0);
}
