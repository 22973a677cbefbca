/* Finding the runner's disk among all. */
#include "tests/machine/scratch_disk.h"
#include "lib/string.h"
#include "mm/kernel/slab.h"
#include "tests/refusal.h"
#include "tests/test.h"

#define MAGIC "Faultline's scratch disk: yours to write on\n"

static struct scratch_header known; /* the one that was found first */
static bool looked, is_there;

const char *scratch_refusal(const struct scratch_header *header, u64 sectors)
{
    if (memcmp(header->magic, MAGIC, sizeof MAGIC) != 0)
        return "its first sector is not the runner's";
    if (header->sectors != sectors)
        return header->sectors > sectors ? "it is shorter than its first sector says"
                                         : "it is longer than its first sector says";
    if (header->pattern_sectors >= sectors || header->bad_sector >= sectors)
        return "its first sector is damaged";
    return NULL;
}

/* The first disk that is the runner's, or the first read-only one that is not; with a reference. */
static struct block_device *find(bool ours, struct scratch_header *header)
{
    char name[] = "vda", sector[SECTOR_SIZE] aligned_to(4);

    for (; name[2] <= 'z'; name[2]++) {
        struct block_device *device = block_device_find(name);
        if (!device)
            continue;
        if (device->read_only != ours && again(block_read(device, 0, sector, sizeof sector)) == 0 &&
            !scratch_refusal((struct scratch_header *)sector, device->sectors) == ours) {
            memcpy(header, sector, sizeof *header);
            return device;
        }
        block_device_put(device);
    }
    return NULL;
}

bool scratch_disk_is_there(void)
{
    if (!looked) {
        struct block_device *device = find(true, &known);
        is_there = device != NULL;
        if (device)
            block_device_put(device);
    }
    looked = true;
    return is_there;
}

struct block_device *scratch_disk(void)
{
    struct block_device *device = find(true, &known);

    check(device != NULL);
    return device;
}

struct block_device *foreign_disk(void)
{
    struct scratch_header header;

    return find(false, &header);
}

u32 scratch_room(void)
{
    return known.pattern_sectors;
}

u32 scratch_bad_sector(void)
{
    return known.bad_sector;
}

bool scratch_is_right(const u32 *words, u32 first, u32 sectors)
{
    for (u32 sector = first; sector < first + sectors; sector++, words += SECTOR_SIZE / 4)
        for (u32 i = 0; i < SECTOR_SIZE / 4; i++)
            if (words[i] != scratch_word(sector, i))
                return false;
    return true;
}
