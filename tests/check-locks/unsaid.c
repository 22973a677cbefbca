/* refuse: no prototype says */
/* A body that is not followed, and nothing tells its callers what it does to the lock. */
#include "sync/mutex.h"

void planted_unsaid(struct mutex *lock);

lock_implementation void planted_unsaid(struct mutex *lock)
{
    mutex_lock(lock);
}
