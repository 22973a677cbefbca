/* S29: one request reads into frames that lie anywhere, none beside another; contiguity is the device's
 * concern no more. */
#include "lib/string.h"
#include "tests/machine/scratch_disk.h"
#include "tests/refusal.h"
#include "tests/test.h"

#define FRAMES 64u
#define TRIES  512u
#define FIRST  1000u /* sector */
#define GUARD  0xA5u

/* Takes frames until FRAMES of them have even numbers: no two of those are neighbours. The others go back at
 * the end, or they would come again. */
static u32 take_scattered(struct page **frames)
{
    static struct page *odd[TRIES];
    u32 n = 0, odd_n = 0;

    while (n < FRAMES && odd_n < TRIES) {
        struct page *page = obtain(page_alloc(GFP_USER));
        if (!page)
            break;
        if (page_pfn(page) % 2 == 0)
            frames[n++] = page;
        else
            odd[odd_n++] = page;
    }
    while (odd_n > 0)
        page_put(odd[--odd_n]);
    return n;
}

/* Last frame first, and of every third frame only the middle. */
static u32 make_fragments(struct page **frames, struct block_fragment *fragments)
{
    u32 sectors = 0;

    for (u32 i = 0; i < FRAMES; i++) {
        bool part = i % 3 == 0;
        fragments[i] = (struct block_fragment){frames[FRAMES - 1 - i], part ? SECTOR_SIZE : 0,
                                               part ? PAGE_SIZE - 2 * SECTOR_SIZE : PAGE_SIZE};
        sectors += fragments[i].bytes / SECTOR_SIZE;
    }
    return sectors;
}

static void fill_with_guard(struct page **frames)
{
    for (u32 i = 0; i < FRAMES; i++) {
        void *at = page_map(frames[i]);
        memset(at, GUARD, PAGE_SIZE);
        page_unmap(at);
    }
}

/* Its sectors are where it was told to put them, and nothing is anywhere else. */
static bool fragment_is_right(const struct block_fragment *f, u32 sector)
{
    const u8 *at = page_map(f->page);
    bool right = scratch_is_right((const u32 *)(at + f->offset), sector, f->bytes / SECTOR_SIZE);

    for (u32 i = 0; i < PAGE_SIZE; i++)
        if (i < f->offset || i >= f->offset + f->bytes)
            right = right && at[i] == GUARD;
    page_unmap(at);
    return right;
}

TEST(s29_scattered_frames, .disk = true, .shows = "one request fills 64 frames, no two of them neighbours")
{
    static struct page *frames[FRAMES];
    static struct block_fragment fragments[FRAMES];
    struct block_device *disk = scratch_disk();
    u32 sent = virtio_blk_of(disk)->sent, sector = FIRST, high = 0;

    check_eq(take_scattered(frames), FRAMES);
    fill_with_guard(frames);
    u32 sectors = make_fragments(frames, fragments);
    check_eq(block_transfer(disk, BLOCK_READ, FIRST, fragments, FRAMES), 0);
    check_eq(virtio_blk_of(disk)->sent - sent, 1);
    for (u32 i = 0; i < FRAMES; i++) {
        check(fragment_is_right(&fragments[i], sector));
        sector += fragments[i].bytes / SECTOR_SIZE;
        high += page_pfn(fragments[i].page) >= DIRECT_LIMIT_PFN;
    }
    test_note("%u sectors into %u fragments by one request; %u of the frames above 768 MiB", sectors, FRAMES,
              high);
    for (u32 i = 0; i < FRAMES; i++) {
        check_eq(page_refs(frames[i]), 1);
        page_put(frames[i]);
    }
    block_device_put(disk);
}
