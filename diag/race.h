/*
 * Numbered race points and their mutants (notes/races.md). In the product image both are nothing.
 *
 * race_point(R01) stands inside the unlocked window that entry R01 describes, at a place where the running task
 * holds no spinlock unless the entry says so. In the test image it can: trace; park the running task until a
 * scenario releases it; spin a pseudo-random time (perturb=SEED); be a choice point (explorer).
 *
 * mutant(R01) is true when the boot word mutant=R01 (or a test) asked for that one-line mistake.
 */
#pragma once
#include "lib/compiler.h"

enum race_id {
#define R(n) R##n = n
    R_NONE = 0,
    R(1), R(2), R(3), R(4), R(5), R(6), R(7), R(8), R(9), R(10), R(11), R(12), R(13), R(14), R(15), R(16), R(17),
    R(18), R(19), R(20), R(21), R(22), R(23), R(24), R(25), R(26), R(27), R(28), R(29), R(30), R(31), R(32), R(33),
    R(34), R(35), R(36), R(37), R(38), R(39), R(40), R(41), R(42), R(43), R(44), R(45), R(46), R(47), R(48), R(49),
    R(50), R(51), R(52), R(53), R(54), R(55), R(56), R(57), R(58),
#undef R
    RACE_COUNT,
    /* catalogue spelling, R01..R09 */
    R01 = 1, R02, R03, R04, R05, R06, R07, R08, R09,
};

#ifdef FL_TEST
void race_point_hit(enum race_id id);
#define race_point(id) race_point_hit(id)
extern u64 mutants_on; /* bit per race id */
#define mutant(id) unlikely((READ_ONCE(mutants_on) >> (id)) & 1)
#else
#define race_point(id) ((void)0)
#define mutant(id)     (false)
#endif

/*
 * The scenario side (test image only; diag/race.c). A trap catches the next task in `who` (NULL: any) that reaches
 * `id`: it waits there until race_release(). race_wait_caught() returns true when somebody is caught, false when
 * `hit_limit` yields went by without it. Implemented over hooks so that diag/ needs no scheduler.
 */
#ifdef FL_TEST
struct task;
void race_trap(enum race_id id, struct task *who);
bool race_is_caught(enum race_id id);
void race_release(enum race_id id);
void race_reset(void);
u32 race_hits(enum race_id id); /* times passed since race_reset() */
#endif
