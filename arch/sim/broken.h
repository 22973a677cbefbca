/*
 * Planted mistakes of the simulated machine and of its oracles (boot word simbreak=). A model that is wrong
 * in one of these ways would call wrong kernels right; tests/host/self_test.c demands that each is noticed.
 */
#pragma once
#include "lib/types.h"

enum sim_break {
    BREAK_NOTHING,
    BREAK_INVLPG,       /* INVLPG does nothing */
    BREAK_RANGE,        /* a range's flush leaves its last page */
    BREAK_CR3,          /* a CR3 load keeps what the former directory mapped */
    BREAK_NO_TLB,       /* every access walks: no entry is ever stale */
    BREAK_NO_PDE_CACHE, /* every walk starts at the directory */
    BREAK_PDE_FLUSH,    /* INVLPG leaves the PDE caches alone */
    BREAK_ACCESSED,     /* the walker sets no A */
    BREAK_DIRTY,        /* the walker sets no D */
    BREAK_READ_ONLY,    /* stores go through read-only entries */
};
/* An oracle that sees nothing (boot word simblind=). */
enum sim_blind {
    BLIND_NOTHING,
    BLIND_FRAMES,  /* oracle.c: no free */
    BLIND_RIGHTS,  /* rights.c: no end of an operation */
    BLIND_DEADLOCK /* idling for ever is no deadlock */
};
extern unsigned sim_broken, sim_blind;
static inline bool is_broken(enum sim_break which)
{
    return sim_broken == which;
}
static inline bool is_blind(enum sim_blind which)
{
    return sim_blind == which;
}
/* What sim_planted (tests/host/sim_oracles.c) does wrong, to see that somebody notices (boot word simplant=).
 */
enum sim_plant {
    PLANT_NOTHING,
    PLANT_FREED_FRAME,
    PLANT_FREED_TABLE,
    PLANT_RIGHTS,
    PLANT_SLEEPER,
    PLANT_NO_EARLY_TICK,
    PLANT_DISK_IN_ORDER,
    PLANT_PLAIN_RACE,
    PLANT_HALF_MARKED_RACE,
    PLANT_IPI_AT_ONCE
};
extern unsigned sim_planted;
