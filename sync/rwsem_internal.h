/* The rwsem's word, for rwsem.c and rwsem_queue.c (where its figure is). */
#pragma once
#include "sync/rwsem.h"
#include "sync/sleep_lock.h"

/* count = readers * RWSEM_READER | RWSEM_WAITERS | RWSEM_WRITER */
#define RWSEM_WRITER   1
#define RWSEM_WAITERS  2
#define RWSEM_READER   4
#define RWSEM_NEGATIVE ((int)0x80000000u) /* more readers left than came */

/* The first attempt failed: spins, or queues and sleeps in `state`. 0 with the lock held, or -EINTR. A reader
 * has added its RWSEM_READER; when it fails it has been taken back. */
int rwsem_wait(struct rwsem *s, enum lock_mode mode, enum task_state state);
/* rwsem.c: the first attempt to lock failed, or somebody measures, or other locks are held, whose order is to
 * be checked. 0, or -EINTR (HOW_KILLABLE). */
in_registers int rwsem_lock_slowly(struct rwsem *s, vaddr_t ip, u32 how);
/* The newest lock is another, or somebody measures. */
in_registers void rwsem_read_unlock_slowly(struct rwsem *s);
/* A reader has left, and somebody waits, or the word, which is `now`, is none that a reader can leave. */
in_registers void rwsem_left_read(struct rwsem *s, int now);
/* The one who lets go saw RWSEM_WAITERS: gives the lock to the head of the queue if it is free for it. */
in_registers void rwsem_hand_over(struct rwsem *s);
