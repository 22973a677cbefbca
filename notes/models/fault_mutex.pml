/*
 * faultlock=mutex: mmap_lock is taken alone by every fault.
 *
 * check-models: expect ok
 * check-models: mutant -DNO_LOCK: a fault that takes no lock installs where nothing is mapped (R08)
 */
#define LOCALS
#ifdef NO_LOCK
#define ENTER skip;
#define LEAVE skip;
#else
#define ENTER write_lock();
#define LEAVE write_unlock();
#endif
#define STILL_VALID true
#define WORK prepare_and_commit()
#define CHANGE_BEGIN skip;
#define CHANGE_END skip;
#define FAULTERS 3
#define MEANWHILE false
#include "fault.inc"
