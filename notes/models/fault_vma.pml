/*
 * faultlock=vma: a fault enters its region, which it finds with no lock; a writer marks the region and waits for
 * those inside. What finds the mark comes again with mmap_lock shared.
 *
 * check-models: expect ok
 * check-models: mutant -DNO_MARK: a change that forgets the mark lets a fault into its middle (R15)
 * check-models: mutant -DNO_WAIT: a change that does not wait for the faults inside (R08)
 * check-models: mutant -DWAIT_INSIDE: a fault that waits for mmap_lock without leaving the region (R14): nobody moves
 */
byte inside = 0;
bool marked = false;
#define LOCALS bool careful = false;
#ifdef WAIT_INSIDE
#define TABLE_MISSING                                                                                        \
    if                                                                                                       \
    :: !careful -> read_lock(); read_unlock()                                                                \
    :: else -> skip                                                                                          \
    fi;
#else
#define TABLE_MISSING
#endif
#define ENTER                                                                                                \
    atomic {                                                                                                 \
        if                                                                                                   \
        :: !marked -> inside++                                                                               \
        :: else -> careful = true                                                                            \
        fi                                                                                                   \
    };                                                                                                       \
    if                                                                                                       \
    :: careful -> read_lock()                                                                                \
    :: else -> skip                                                                                          \
    fi;
#define LEAVE                                                                                                \
    if                                                                                                       \
    :: careful -> read_unlock()                                                                              \
    :: else -> inside--                                                                                      \
    fi;
#define STILL_VALID true
#define WORK TABLE_MISSING prepare_and_commit()
#ifdef NO_MARK
#define CHANGE_BEGIN skip;
#elif defined(NO_WAIT)
#define CHANGE_BEGIN marked = true;
#else
#define CHANGE_BEGIN                                                                                         \
    marked = true;                                                                                           \
    inside == 0;
#endif
#define CHANGE_END marked = false;
#define MEANWHILE false
#include "fault.inc"
