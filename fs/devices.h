/* /dev: null, zero, full, random, urandom, tty, console, shm. */
#pragma once
#include "fs/inode.h"
/* Fills /dev. Once, after fs_init(). 0 or -errno. Sleeps. */
int devices_init(void);
/* Bytes for getrandom(2) and AT_RANDOM: a seeded stream, not for secrets. Any context. */
void random_fill(void *to, size_t n);
