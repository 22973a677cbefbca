/* Futexes: sleep while a word in user memory has a value. futex(2). */
#pragma once
#include "sys/process/process.h"
void futex_init(void);
#define FUTEX_WAITERS    0x80000000u
#define FUTEX_OWNER_DIED 0x40000000u
#define FUTEX_TID_MASK   0x3fffffffu
#define NO_DEADLINE      (~0ull)
/* Wakes up to `count` waiters whose bits meet `bitset`; how many, or -errno. Sleeps. `shared`: by file, not
 * by space. */
s32 futex_wake(vaddr_t addr, u32 count, u32 bitset, bool shared);
s32 futex_wait(vaddr_t addr, u32 value, u32 bitset, bool shared, u64 deadline);
/* Thread exit: marks the futexes on its robust list as ownerless and wakes a waiter of each. */
void futex_release_robust(struct thread *thread);
