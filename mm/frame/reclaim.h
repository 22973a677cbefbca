/*
 * Memory for one who found none: the layers above the frames keep stocks (empty slabs, magazines, stacks,
 * dead ranges that wait for a flush), and give them back when asked. They put themselves on a list, so that
 * frames call nobody above them by name (row S15).
 */
#pragma once
#include "lib/types.h"

struct reclaimer {
    const char *name;
    /* Gives back what it keeps. Called with no spinlock held, where waiting for other CPUs is allowed,
     * perhaps by several tasks at once; must not allocate. */
    void (*give_back)(void);
    struct reclaimer *next;
};
/* Boot, one CPU. `r` stays for ever. */
void reclaim_register(struct reclaimer *r);
/* Asks them all. The caller tries again afterwards. Sleeps; no spinlock held. */
void reclaim_all(void);
