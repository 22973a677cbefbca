/* refuse: cannot call function */
/* A function that takes the lock itself is called with it held. */
#include "sync/mutex.h"

void planted_takes_it(struct mutex *lock) must_not_hold(lock);
void planted_excluded(struct mutex *lock);

void planted_excluded(struct mutex *lock)
{
    mutex_lock(lock);
    planted_takes_it(lock);
    mutex_unlock(lock);
}
