/* refuse: not held on every path */
/* The error path forgets its lock. */
#include "sync/spinlock.h"

int planted_left_held(struct spinlock *lock, int bad);

int planted_left_held(struct spinlock *lock, int bad)
{
    spin_lock(lock);
    if (bad)
        return -1;
    spin_unlock(lock);
    return 0;
}
