/* /dev: null, zero, full, random, urandom, tty, console, shm. */
#pragma once
#include "fs/inode.h"
/* Fills /dev. Once, after fs_init(). 0 or -errno. Sleeps. */
int devices_init(void);
/* A node of a device number that exists, without a name; one of an unknown number opens as -ENXIO. NULL: no
 * memory. */
struct inode *device_node(u32 rdev, u32 permissions);
/* Bytes for getrandom(2) and AT_RANDOM: a seeded stream, not for secrets. Any context. */
void random_fill(void *to, size_t n);
