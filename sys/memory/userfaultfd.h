/* Between the two files of userfaultfd(2): the descriptor, and what ioctl(2) does with it. */
#pragma once
#include "fs/file.h"
#include "mm/fault/userfault.h"

#define UFFD_FEATURE_MISSING_SHMEM (1u << 5)
#define UFFD_FEATURE_SIGBUS        (1u << 7)
#define UFFD_FEATURE_THREAD_ID     (1u << 8)
/* What is offered; whoever asks for more is refused. */
#define UFFD_FEATURES (UFFD_FEATURE_MISSING_SHMEM | UFFD_FEATURE_SIGBUS | UFFD_FEATURE_THREAD_ID)

struct userfaultfd {
    struct userfault *uf; /* (c) */
    atomic_t features;    /* UFFD_FEATURE_* that were asked for, with UFFD_READY; 0 before the handshake */
#define UFFD_READY (1u << 31)
};
static inline u32 userfaultfd_features(const struct userfaultfd *u)
{
    return (u32)atomic_read_acquire(&u->features);
}
static inline bool userfaultfd_is_ready(const struct userfaultfd *u)
{
    return userfaultfd_features(u) & UFFD_READY;
}

/* ioctl_userfaultfd(2). Sleeps. */
int userfaultfd_ioctl(struct file *file, u32 command, vaddr_t arg);
