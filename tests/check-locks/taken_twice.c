/* refuse: already held */
/* A lock taken twice by one holder. */
#include "sync/spinlock.h"

void planted_taken_twice(struct spinlock *lock);

void planted_taken_twice(struct spinlock *lock)
{
    spin_lock(lock);
    spin_lock(lock);
    spin_unlock(lock);
}
