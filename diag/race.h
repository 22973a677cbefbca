/*
 * Numbered race points and their mutants (notes/races.md). In the product image both are nothing.
 *
 * race_point(R01) stands inside the unlocked window that entry R01 describes, at a place where the running
 * task holds no spinlock unless the entry says so. In the test image it can: trace; park the running task
 * until a scenario releases it; call a scenario's function in the very window; spin a pseudo-random time
 * (perturb=SEED); be a choice point (explorer).
 *
 * mutant(R01) is true when the boot word mutant=R01 asked for that one-line mistake.
 */
#pragma once
#include "lib/compiler.h"

enum race_id {
    R_NONE,
    R01,
    R02,
    R03,
    R04,
    R05,
    R06,
    R07,
    R08,
    R09,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15,
    R16,
    R17,
    R18,
    R19,
    R20,
    R21,
    R22,
    R23,
    R24,
    R25,
    R26,
    R27,
    R28,
    R29,
    R30,
    R31,
    R32,
    R33,
    R34,
    R35,
    R36,
    R37,
    R38,
    R39,
    R40,
    R41,
    R42,
    R43,
    R44,
    R45,
    R46,
    R47,
    R48,
    R49,
    R50,
    R51,
    R52,
    R53,
    R54,
    R55,
    R56,
    R57,
    R58,
    R59,
    R60,
    R61,
    R62,
    R63,
    RACE_COUNT,
};

/* Mistakes on a path that only a refused allocation takes (tests/refusal.h): mutants without a race. */
enum mistake_id { S14A = RACE_COUNT, S14B, S14C, MUTANT_COUNT };

#ifdef FL_TEST
struct task;

void race_point_hit(enum race_id id);
#define race_point(id) race_point_hit(id)
extern u32 mutant_planted; /* race or mistake id; MUTANT_COUNT: none */
#define mutant(id) unlikely(READ_ONCE(mutant_planted) == (u32)(id))

/* Reads mutant= into mutant_planted; boot_refuse()s on a word that is no race. After the boot words. */
void race_init(void);

/*
 * Scenarios' side. A trap catches the next task that reaches `id` (`who`, or any when NULL): it stays there,
 * polling cross-calls when it may not sleep, until race_release(). An action is called there instead, each
 * time.
 */
void race_trap(enum race_id id, struct task *who);
bool race_is_caught(enum race_id id);
bool race_has_caught(const struct task *task); /* at any point */
void race_release(enum race_id id);            /* also disarms a trap that caught nobody */
void race_action(enum race_id id, void (*action)(void *), void *arg);
void race_reset(void); /* releases everyone, forgets traps and actions */

/* How a parked task that may sleep waits a moment: the tests set it to the scheduler's yield. */
extern void (*race_pause)(void);
#else
#define race_point(id) ((void)0)
#define mutant(id)     (false)
#endif
