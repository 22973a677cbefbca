/* A request on its way down and back: checked, its frames pinned and let go. */
#include "diag/assert.h"
#include "diag/printk.h"
#include "diag/race.h"
#include "fs/block/block.h"
#include "lib/errno.h"

u32 block_request_bytes(const struct block_request *r)
{
    u32 bytes = 0;

    for (u32 i = 0; i < r->fragments_n; i++)
        bytes += r->fragments[i].bytes;
    return bytes;
}

/*
 * R60. The device knows physical addresses and nothing of references: it writes where it was told to, when it
 * comes to it. The owner may give the buffer up meanwhile (a killed task's address space goes, a range of the
 * window is freed), and the frame must not become anybody else's before the device is done with it.
 */
static void pin_frames(const struct block_request *r)
{
    for (u32 i = 0; i < r->fragments_n && !mutant(R60); i++)
        page_get(r->fragments[i].page);
}

static void unpin_frames(const struct block_request *r)
{
    for (u32 i = 0; i < r->fragments_n && !mutant(R60); i++)
        page_put(r->fragments[i].page);
}

/* Mistakes of the caller, not of who asked it for something. */
static void assert_sound(const struct block_device *device, const struct block_request *r)
{
    assert(r->done && r->fragments_n <= device->fragments_max);
    assert((r->op == BLOCK_FLUSH) == (r->fragments_n == 0));
    for (u32 i = 0; i < r->fragments_n; i++)
        assert(r->fragments[i].bytes > 0 && r->fragments[i].offset + r->fragments[i].bytes <= PAGE_SIZE);
    assert(block_request_bytes(r) % SECTOR_SIZE == 0);
}

/* Does the device have these sectors, and may they be written? */
static int check_place(const struct block_device *device, const struct block_request *r)
{
    u32 sectors = block_request_bytes(r) / SECTOR_SIZE;

    if (r->op == BLOCK_WRITE && device->read_only)
        return -EROFS;
    if (r->op == BLOCK_FLUSH || (r->sector < device->sectors && sectors <= device->sectors - r->sector))
        return 0;
    printk("%s: %u sectors from %llu on end beyond the device, which has %llu\n", device->name, sectors,
           r->sector, device->sectors);
    return -EIO;
}

int block_submit(struct block_device *device, struct block_request *r)
{
    assert_sound(device, r);
    int error = check_place(device, r);
    if (error)
        return error;
    pin_frames(r);
    error = device->ops->submit(device, r);
    if (error) {
        unpin_frames(r);
        return error;
    }
    race_point(R60); /* the device has it: the owner of the buffer may give that up, and the device writes */
    return 0;
}

void block_request_end(struct block_request *r, int error)
{
    unpin_frames(r);
    r->done(r, error);
}
