/* The rwsem's word, for rwsem.c and rwsem_queue.c (where its figure is). */
#pragma once
#include "sync/rwsem.h"
#include "sync/sleep_lock.h"

/* count = readers * RWSEM_READER | RWSEM_WAITERS | RWSEM_WRITER */
#define RWSEM_WRITER  1
#define RWSEM_WAITERS 2
#define RWSEM_READER  4

/* The first attempt failed: spins, or queues and sleeps in `state`. 0 with the lock held, or -EINTR. A reader
 * has added its RWSEM_READER; when it fails it has been taken back. */
int rwsem_wait(struct rwsem *s, enum lock_mode mode, enum task_state state);
/* The one who lets go saw RWSEM_WAITERS: gives the lock to the head of the queue if it is free for it. */
in_registers void rwsem_hand_over(struct rwsem *s);
