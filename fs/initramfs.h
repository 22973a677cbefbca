/* The first files: a newc cpio archive that GRUB loaded. */
#pragma once
#include "lib/types.h"
/* Unpacks it under "/". Damage prints one sentence that names offset and cause. 0 or -errno (-EINVAL:
 * damaged). Sleeps. */
int initramfs_unpack(const void *data, size_t bytes);
