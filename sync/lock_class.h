/*
 * A lock class: all locks initialised at one place. Carries the name, the rank and the statistics. Statistics
 * are per CPU, so that recording writes no shared line.
 */
#pragma once
#include "arch/cpu.h"
#include "sync/lock_order.h"

struct lock_class {
    const char *name;
    enum lock_rank rank;
    const char *file;
    int line;
    bool is_inner; /* of a wait queue that a lock waits on: that lock's own order says all there is to say */
    u32 id;        /* 0 until first use; index into the per-CPU statistics */
    /* Numbers in lockdep's graph, 0 until first use: of the lock, and of the wait for what it signals. */
    u16 node, wait_node;
};

/* Evaluates to a pointer to the class of this very source line. */
#define LOCK_CLASS(lockname, lockrank)                                                                       \
    ({                                                                                                       \
        static struct lock_class lock_class_here = {                                                         \
            .name = lockname, .rank = RANK_##lockrank, .file = __FILE__, .line = __LINE__};                  \
        &lock_class_here;                                                                                    \
    })
