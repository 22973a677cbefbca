/* refuse: releasing */
/* Taken for reading, released as if for writing. */
#include "sync/rwsem.h"

void planted_wrong_unlock(struct rwsem *lock);

void planted_wrong_unlock(struct rwsem *lock)
{
    rwsem_read_lock(lock);
    rwsem_write_unlock(lock);
}
