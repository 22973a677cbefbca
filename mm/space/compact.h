/*
 * Compaction (row S08): a block of frames is made free by moving what lives in it elsewhere.
 *
 * What can be moved is an anonymous page that one process maps: the second of the two easy cases of the
 * letter of 2006, "a page of one process that we know" (row S25). Which process, is found by looking through
 * the page tables of all; a page that several map, a file's page and the kernel's own frames keep their
 * places, and a block that holds one is left alone.
 */
#pragma once
#include "mm/space/mm.h"

#define COMPACT_MAX      1024u                     /* frames of a block: 4 MiB */
#define COMPACT_ANYWHERE (1u << (32 - PAGE_SHIFT)) /* there is no more without PAE */

struct compaction {
    u32 blocks_tried;
    u32 claimed; /* frames of the block that were free */
    u32 moved;   /* pages that were moved out of it */
};
/* `count` contiguous frames (a power of two, at most COMPACT_MAX), the first a multiple of it, all below
 * `below`, each with one reference; NULL when no block can be emptied. Takes the mmap_lock of every address
 * space in turn; sleeps.
 */
struct page *compact(u32 count, pfn_t below, struct compaction *what);
/* The same for this very block. NULL when something in it cannot be moved, or was taken meanwhile. */
struct page *compact_at(pfn_t first, u32 count, struct compaction *what);
/* Boot: from here on page_alloc_range() asks it when there is no place (compact_place.c). */
void compact_init(void);
