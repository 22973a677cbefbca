/*
 * A file in memory that is slow on purpose: each read of a page ends in the timer interrupt, as a disk's
 * would, after the file's delay. A page can be held: its reads end when the scenario lets it go, so in any
 * order; and reads fail when asked to. What is written to it through
 * shared mappings stays in its pages until msync writes it back. Word i of page p holds p * 1024 + i, as in
 * scene_file().
 */
#pragma once
#include "mm/file/mapping.h"

/* `pages` pages, each of which takes delay_ns to read (rounded up to the timer's tick). */
struct mapping *slow_file_create(u32 pages, u64 delay_ns);
/* Waits until nobody keeps it open (a region may, for a moment after it was unmapped). No read is under way.
 */
void slow_file_free(struct mapping *file);

/* Reads of the page do not end until it is let go. */
void slow_file_hold(struct mapping *file, u32 index);
void slow_file_let_go(struct mapping *file, u32 index);
/* Its next `times` reads end with -EIO. */
void slow_file_fail(struct mapping *file, u32 index, u32 times);

u32 slow_file_reads(struct mapping *file);     /* reads begun so far */
u32 slow_file_under_way(struct mapping *file); /* reads begun and not ended */
/* The page whose read was the n-th (from 0) to end; the first 32 are remembered. */
u32 slow_file_ended(struct mapping *file, u32 n);

u32 slow_file_writes(struct mapping *file); /* pages written back so far */
/* A word of what the page would be read as: what was last written back. */
u32 slow_file_stored(struct mapping *file, u32 index, u32 word);
