/*
 * faultlock=retry: as rwsem, but the file is read with nothing held, and the fault begins again. `cached` is the
 * page in the cache, which anybody's read brings.
 *
 * check-models: expect ok
 * check-models: mutant -DKEEP_REGION: after the wait the region that was found before it is used (R07)
 * check-models: mutant -DNO_RECHECK: two faults that share the lock both install (R01)
 */
bool cached = false;
#define LOCALS
#define ENTER read_lock();
#define LEAVE read_unlock();
#define STILL_VALID true
#ifdef KEEP_REGION
#define WORK                                                                                                 \
    if                                                                                                       \
    :: !cached -> read_unlock(); cached = true; read_lock(); prepare_and_commit()                            \
    :: else -> prepare_and_commit()                                                                          \
    fi
#else
#define WORK                                                                                                 \
    if                                                                                                       \
    :: !cached -> read_unlock(); cached = true; goto again                                                   \
    :: else -> prepare_and_commit()                                                                          \
    fi
#endif
#define CHANGE_BEGIN skip;
#define CHANGE_END skip;
#define MEANWHILE false
#include "fault.inc"
