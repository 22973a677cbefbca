/*
 * faultlock=seq: a fault holds nothing. It notes the region's sequence, which is odd while the region is changed,
 * and asks under the page table's lock whether it is still the same; else it comes again with mmap_lock shared.
 *
 * check-models: expect ok
 * check-models: mutant -DNO_RECHECK: the fault does not ask (R01, R08)
 * check-models: mutant -DMARK_LATE: the writer marks the region after it has been through the entries (R15)
 * check-models: mutant -DASK_EARLY: the fault asks before it has the lock
 */
byte seq = 0;
#define LOCALS                                                                                               \
    byte seen_seq;                                                                                           \
    bool careful = false;                                                                                    \
    bool still = true;
#define ENTER                                                                                                \
    if                                                                                                       \
    :: careful -> read_lock()                                                                                \
    :: else -> skip                                                                                          \
    fi;                                                                                                      \
    seen_seq = seq;                                                                                          \
    if                                                                                                       \
    :: !careful && (seen_seq & 1) -> careful = true; goto again                                              \
    :: else -> skip                                                                                          \
    fi;
#define LEAVE                                                                                                \
    if                                                                                                       \
    :: careful -> read_unlock()                                                                              \
    :: !careful && seq != seen_seq -> careful = true; goto again                                             \
    :: else -> skip                                                                                          \
    fi;
#ifdef ASK_EARLY
#define STILL_VALID still
#define WORK                                                                                                 \
    still = (careful || seq == seen_seq);                                                                    \
    prepare_and_commit()
#else
#define STILL_VALID (careful || seq == seen_seq)
#define WORK prepare_and_commit()
#endif
#ifdef MARK_LATE
#define CHANGE_BEGIN skip;
#define CHANGE_END                                                                                           \
    seq++;                                                                                                   \
    seq++;
#else
#define CHANGE_BEGIN seq++;
#define CHANGE_END seq++;
#endif
/* A writer that has begun and still waits for the page table's lock will find our entry, and take it out. */
#define MEANWHILE writer
#include "fault.inc"
