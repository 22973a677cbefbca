/* The disk as a disk: many requests at once, more than its queue has room for; written, flushed, read back.
 */
#include "tests/machine/disk_requests.h"
#include "dev/virtio/virtio_blk.h"
#include "lib/string.h"
#include "mm/kernel/kvalloc.h"
#include "tests/machine/scratch_disk.h"
#include "tests/refusal.h"
#include "tests/test.h"

#define PAGES          200u
#define SECTORS_A_PAGE (PAGE_SIZE / SECTOR_SIZE)

static void answer(struct block_request *request, int error)
{
    struct answers *answers = request->owner;

    if (error) {
        WRITE_ONCE(answers->error, error);
        atomic_inc(&answers->failed);
    }
    if (atomic_dec(&answers->left) == 0)
        complete(&answers->all);
}

void answers_init(struct answers *answers)
{
    completion_init(&answers->all);
    atomic_set(&answers->left, 1);
    atomic_set(&answers->failed, 0);
    answers->error = 0;
}

void answers_prepare(struct answers *answers, struct asked *asked, enum block_op op, u64 sector,
                     struct block_fragment fragment)
{
    asked->fragment = fragment;
    asked->request = (struct block_request){.op = op,
                                            .sector = sector,
                                            .fragments = &asked->fragment,
                                            .fragments_n = 1,
                                            .done = answer,
                                            .owner = answers};
    atomic_inc(&answers->left);
}

int answers_ask(struct answers *answers, struct asked *asked, struct block_device *device, enum block_op op,
                u64 sector, struct block_fragment fragment)
{
    answers_prepare(answers, asked, op, sector, fragment);
    int error = block_submit(device, &asked->request);
    if (error)
        atomic_dec(&answers->left);
    return error;
}

u32 answers_wait(struct answers *answers)
{
    if (atomic_dec(&answers->left) != 0)
        completion_wait(&answers->all);
    return (u32)atomic_read(&answers->failed);
}

/* Each page of `memory` is a request of its own; the disk is told of all of them at once. */
static void transfer_pages(struct block_device *disk, enum block_op op, char *memory, struct asked *asked)
{
    struct virtio_blk *blk = virtio_blk_of(disk);
    struct answers answers;
    u32 n, sent = blk->sent;

    answers_init(&answers);
    block_plug(disk);
    for (u32 i = 0; i < PAGES; i++) {
        struct block_fragment page;
        block_fragments_of(memory + i * PAGE_SIZE, PAGE_SIZE, &page, 1, &n);
        check_eq(answers_ask(&answers, &asked[i], disk, op, scratch_room() + i * SECTORS_A_PAGE, page), 0);
    }
    check_eq(blk->sent - sent, blk->queue.size / 3); /* header, page, answer: the queue is full of them */
    block_unplug(disk);
    check_eq(answers_wait(&answers), 0);
    check_eq(blk->sent - sent, PAGES);
}

TEST(disk_write_and_read, .disk = true,
     .shows =
         "200 requests at once, of which the queue holds 85: all that was written is read back, in its place")
{
    struct block_device *disk = scratch_disk();
    char *memory = obtain(kvalloc(PAGES * PAGE_SIZE, "disk test", 0));
    struct asked *asked = obtain(kvalloc(PAGES * sizeof *asked, "disk test", 0));
    u32 *words = (u32 *)memory, wrong = 0;

    check(memory && asked);
    for (u32 i = 0; i < PAGES * PAGE_SIZE / 4; i++)
        words[i] = i * 2654435761u;
    transfer_pages(disk, BLOCK_WRITE, memory, asked);
    check_eq(block_flush(disk), 0);
    memset(memory, 0, PAGES * PAGE_SIZE);
    transfer_pages(disk, BLOCK_READ, memory, asked);
    for (u32 i = 0; i < PAGES * PAGE_SIZE / 4; i++)
        wrong += words[i] != i * 2654435761u;
    check_eq(wrong, 0);
    kvfree(memory);
    kvfree(asked);
    kvalloc_purge();
    block_device_put(disk);
}

TEST(
    disk_kernel_memory, .disk = true,
    .shows = "kernel memory of any alignment and length is read into, past the ends of pages and of requests")
{
    struct block_device *disk = scratch_disk();
    const u32 sectors = 301, bytes = sectors * SECTOR_SIZE; /* more than 16 fragments have room for */
    char *memory = obtain(kvalloc(bytes + 2 * PAGE_SIZE, "disk test", KV_ZERO));

    check(memory != NULL);
    for (u32 offset = 0; offset < PAGE_SIZE && memory; offset += 1028) {
        memset(memory, 0xEE, bytes + 2 * PAGE_SIZE);
        check_eq(again(block_read(disk, 7, memory + offset, bytes)), 0);
        check(scratch_is_right((const u32 *)(memory + offset), 7, sectors));
        check(offset == 0 || (u8)memory[offset - 1] == 0xEE);
        check((u8)memory[offset + bytes] == 0xEE);
    }
    kvfree(memory);
    kvalloc_purge();
    block_device_put(disk);
}
