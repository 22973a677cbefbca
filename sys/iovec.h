/* A piece of user memory, as readv(2), writev(2) and process_vm_readv(2) are given lists of them. */
#pragma once
#include "lib/types.h"

#define IOV_MAX 1024u /* in one list */
struct iovec {
    vaddr_t base;
    u32 length;
};
