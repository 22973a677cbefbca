/* refuse: not held */
/* A function lets go of a lock that it did not take: the duty must travel up instead (shape B). */
#include "sync/rwsem.h"

void planted_not_held(struct rwsem *lock);

void planted_not_held(struct rwsem *lock)
{
    rwsem_read_unlock(lock);
}
