/*
 * Between the files of pipes: pipe.c moves bytes, pipe_life.c makes, opens and resizes.
 *
 * Key: (l) lock; (a) written under it, READ_ONCE by sleepers.
 */
#pragma once
#include "fs/pipe.h"

struct pipe {
    struct mutex lock;
    char *ring;            /* (l) */
    u32 size;              /* (a) of the ring: a power of two */
    u32 head;              /* (l) where the next byte is read */
    u32 used;              /* (a) */
    u32 readers, writers;  /* (a) open files of each kind */
    u32 opens_r, opens_w;  /* (a) opens that ever happened: a FIFO's open waits for the other side's */
    struct waitqueue wait; /* both ends; few enough waiters to wake all */
};
int pipe_open(struct file *file);
void pipe_release(struct file *file);
