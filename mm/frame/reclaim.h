/*
 * Memory for one who found none: the layers above the frames keep stocks (empty slabs, magazines, stacks,
 * dead ranges that wait for a flush), and give them back when asked. They put themselves on a list, so that
 * frames call nobody above them by name (row S15).
 */
#pragma once
#include "mm/frame/page.h"

struct reclaimer {
    const char *name;
    /* Gives back what it keeps. Called with no spinlock held, where waiting for other CPUs is allowed,
     * perhaps by several tasks at once; must not allocate. */
    void (*give_back)(void);
    struct reclaimer *next;
};
/* Boot, one CPU. `r` stays for ever. */
void reclaim_register(struct reclaimer *r);
/*
 * The layer that knows what lives in frames sets this at boot: `count` frames in one piece, the first a
 * multiple of `align` (a power of two), all below `below`, each with one reference; made by moving what is
 * there. NULL: no such place can be made. It takes mmap_locks: called by a task that holds no lock at all.
 * Sleeps; may allocate single frames.
 */
extern struct page *(*compact_hook)(u32 count, u32 align, pfn_t below);
/* Asks them all. The caller tries again afterwards. Sleeps; no spinlock held. */
void reclaim_all(void);
