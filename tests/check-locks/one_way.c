/* refuse: not held on every path */
/* Held after one branch and not after the other. */
#include "sync/spinlock.h"

void planted_one_way(struct spinlock *lock, int wanted);

void planted_one_way(struct spinlock *lock, int wanted)
{
    if (wanted)
        spin_lock(lock);
    spin_unlock(lock);
}
