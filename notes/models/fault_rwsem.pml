/*
 * faultlock=rwsem: faults share mmap_lock and keep it while they read the file.
 *
 * check-models: expect ok
 * check-models: mutant -DNO_RECHECK: two faults that share the lock both install (R01)
 */
#define LOCALS
#define ENTER read_lock();
#define LEAVE read_unlock();
#define STILL_VALID true
#define WORK prepare_and_commit()
#define CHANGE_BEGIN skip;
#define CHANGE_END skip;
#define FAULTERS 3
#define MEANWHILE false
#include "fault.inc"
