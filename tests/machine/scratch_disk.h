/*
 * The disk that the runner makes for the tests (tools/runner/disk.py, which has the same numbers): sector 0
 * is a header, by which it is known; then a pattern; then room to write in. A disk without that header is
 * somebody's, and is left alone.
 */
#pragma once
#include "dev/virtio/virtio_blk.h"

struct scratch_header {
    char magic[64];
    u32 sectors, pattern_sectors, bad_sector;
};

/* Was there one at boot? */
bool scratch_disk_is_there(void);
/* It, with a reference; a failure of the test, and NULL, when it has gone. Sleeps. */
struct block_device *scratch_disk(void);
/* The first sector that may be written, the one that cannot be read, and the end. */
u32 scratch_room(void);
u32 scratch_bad_sector(void);
/* Why a disk with this first sector, and so many sectors, is not ours to write on; NULL: it is. */
const char *scratch_refusal(const struct scratch_header *header, u64 sectors);
/* Word i of a sector of the pattern. */
static inline u32 scratch_word(u32 sector, u32 i)
{
    return i == 0 ? sector : ((sector + i) % (SECTOR_SIZE / 4)) * 2654435761u;
}
/* Do `sectors` of the pattern from `first` on stand at `words`? Any context. */
bool scratch_is_right(const u32 *words, u32 first, u32 sectors);
/* Another disk than that, and one that cannot be written: the runner's second, of six sectors. With a
 * reference; NULL: none. */
struct block_device *foreign_disk(void);
