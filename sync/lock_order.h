/*
 * The lock order, outermost first, as data: the checker compares ranks at every acquire (sync/held.c), and
 * notes/locks.md quotes this list. A lock may be taken only while every held lock has a LOWER rank; two of
 * one rank only through the _nested calls, which name their own order (address order for run queues and PT
 * locks).
 */
#pragma once

#define LOCK_RANKS(L)                                                                                        \
    L(NONE)    /* unchecked: tests' own */                                                                   \
    L(PROCESS) /* process tree, signals' sleeping locks */                                                   \
    L(FILE)    /* file table, file position, pipe, directory tree: sleep */                                  \
    L(MMAP)    /* mmap_lock: one per address space, sleeps */                                                \
    L(PAGE)    /* PG_locked: one per page, sleeps */                                                         \
    L(MAPPING) /* a file's page tree */                                                                      \
    L(ANON)    /* reverse map of anonymous pages */                                                          \
    L(PTL)     /* page_table_lock: PDEs of one mm */                                                         \
    L(PT)      /* one page table's PTEs */                                                                   \
    L(SPACES)  /* list of all address spaces */                                                              \
    L(TASKS)   /* list of all tasks */                                                                       \
    L(TASK_MM) /* which address space a task is in */                                                        \
    L(KVALLOC) /* the kernel window's ranges */                                                              \
    L(SLAB)                                                                                                  \
    L(ZONE)      /* free frames */                                                                           \
    L(SIGNAL)    /* pending signals of one process */                                                        \
    L(FUTEX)     /* one futex bucket */                                                                      \
    L(USERFAULT) /* who waits for a page that a program has to provide */                                    \
    L(DEVICE)    /* a device's queue of requests, a timerfd: in interrupts */                                \
    L(WAIT)      /* a wait queue, and the inner lock of mutex and rwsem */                                   \
    L(EVENTS)    /* the wait queue of an epoll set: its files' queues wake it */                             \
    L(TIMER)                                                                                                 \
    L(RUNQ)                                                                                                  \
    L(CROSSCALL)                                                                                             \
    L(LEAF) /* nothing is ever taken inside */

enum lock_rank {
#define L(name) RANK_##name,
    LOCK_RANKS(L)
#undef L
        RANK_COUNT
};
