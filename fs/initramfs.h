/* The first files: a newc cpio archive that GRUB loaded. */
#pragma once
#include "lib/types.h"
/* Unpacks it under "/". What is damaged, or cannot be made, gets a sentence that names it and the cause. 0,
 * or -errno: -EINVAL for damage, -ENOMEM. Sleeps. */
int initramfs_unpack(const void *data, size_t bytes);
