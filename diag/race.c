/*
 * Race points at run time: trapping, actions and perturbation.
 *
 * One word per race point holds the state of its trap. The order of states is
 *     IDLE -> ARMED (scenario) -> CAUGHT (the task that arrives) -> RELEASED (scenario) -> IDLE (the task)
 * and every step is one compare-exchange, so a task is caught at most once for each trap.
 */
#ifdef FL_TEST
#include "diag/race.h"
#include "arch/clock.h"
#include "arch/cpu.h"
#include "arch/trap.h"
#include "diag/bootwords.h"
#include "diag/panic.h"
#include "diag/trace.h"
#include "lib/random.h"
#include "lib/string.h"

enum trap_state { TRAP_IDLE, TRAP_ARMED, TRAP_CAUGHT, TRAP_RELEASED };

struct race_slot {
    atomic_t state;
    struct task *who;    /* whom to catch; NULL: anybody */
    struct task *caught; /* valid in TRAP_CAUGHT */
    void (*action)(void *);
    void *arg;
};

static struct race_slot slots[RACE_COUNT];
static atomic_t parked;   /* tasks in traps */
static bool traps_in_use; /* lets a point that nobody watches cost one load */
/* (a) Slots that were armed or given an action since the last reset: most scenarios use one of them. */
static u32 used[(RACE_COUNT + 31) / 32];
static u32 perturb_seed;
static u32 unforced;
static char mutant_word[WORD_TEXT_MAX];
static PERCPU(struct random, perturb_state);

u32 mutant_planted = MUTANT_COUNT;
void (*race_pause)(void);

BOOT_NUMBER(perturb, "spin a pseudo-random time at race points, from this seed (0: off)", &perturb_seed);
BOOT_NUMBER(unforced,
            "1: scenarios do not hold tasks at race points; whether the race comes is the schedule's",
            &unforced);
BOOT_TEXT(mutant, "plant the mistake of one race of the catalogue, R01..R63, or S14A..S14C", mutant_word);

/* The number behind mutant=, or 0. */
static u32 mutant_number(const char *word)
{
    u32 number;

    if (strlen(word) == 4 && strncmp(word, "S14", 3) == 0 && word[3] >= 'A' &&
        word[3] < 'A' + MUTANT_COUNT - S14A)
        return S14A + (u32)(word[3] - 'A');
    if (word[0] != 'R' || strlen(word) != 3 || !parse_u32(word + 1 + (word[1] == '0'), &number))
        return 0;
    return number < RACE_COUNT ? number : 0;
}

void race_init(void)
{
    if (mutant_word[0] == '\0')
        return;
    u32 number = mutant_number(mutant_word);
    if (number == 0)
        boot_refuse("mutant=%s: no such race; the catalogue has R01 to R%d", mutant_word, RACE_COUNT - 1);
    mutant_planted = number;
}

/* With unforced=1 the scenario learns that somebody came by, and nobody waits for it: what the trap would
 * have forced is left to the schedule. */
static void park(struct race_slot *slot)
{
    if (unforced)
        return;
    while (atomic_read_acquire(&slot->state) == TRAP_CAUGHT) {
        if (in_atomic() || race_pause == NULL) {
            crosscall_poll(); /* others may wait for this CPU to flush; they must not wait for the scenario
                                 too */
            cpu_relax();
        } else {
            race_pause();
        }
    }
    atomic_set(&slot->state, TRAP_IDLE);
}

static void visit(struct race_slot *slot)
{
    void (*action)(void *) = load_acquire(&slot->action);

    if (action)
        action(slot->arg);
    if (atomic_read(&slot->state) != TRAP_ARMED)
        return;
    struct task *who = READ_ONCE(slot->who);
    if ((who == NULL || who == current) && atomic_cmpxchg(&slot->state, TRAP_ARMED, TRAP_CAUGHT)) {
        WRITE_ONCE(slot->caught, current);
        atomic_inc(&parked);
        park(slot);
        atomic_dec(&parked);
    }
}

static void perturb(void)
{
    struct random *r = &this_cpu(perturb_state);

    if (r->state == 0)
        random_seed(r, perturb_seed + cpu_id());
    for (u32 spins = random_next(r) >> (20 + random_next(r) % 10); spins > 0; spins--)
        cpu_relax();
}

void race_point_hit(enum race_id id)
{
    struct race_slot *slot = &slots[id];

    choice_point_read(slot); /* nothing is written that another CPU could see, so passing by orders nobody */
    trace_point(race_point, id, CALLER_IP());
    if (READ_ONCE(traps_in_use))
        visit(slot);
    if (unlikely(perturb_seed != 0))
        perturb();
    clock_schedule_noise();
}

static void note_used(enum race_id id)
{
    atomic_bit_set(&used[id / 32], id % 32);
    WRITE_ONCE(traps_in_use, true);
}

void race_trap(enum race_id id, struct task *who)
{
    WRITE_ONCE(slots[id].who, who);
    WRITE_ONCE(slots[id].caught, NULL);
    note_used(id);
    atomic_set_release(&slots[id].state, TRAP_ARMED);
}

bool race_is_caught(enum race_id id)
{
    return atomic_read_acquire(&slots[id].state) == TRAP_CAUGHT;
}

static struct task *caught_task(enum race_id id)
{
    return race_is_caught(id) ? READ_ONCE(slots[id].caught) : NULL;
}

bool race_has_caught(const struct task *task)
{
    if (atomic_read(&parked) == 0) /* one word to look at, instead of every point's */
        return false;
    for (int id = R01; id < RACE_COUNT; id++)
        if (caught_task(id) == task)
            return true;
    return false;
}

void race_release(enum race_id id)
{
    if (atomic_read(&slots[id].state) == TRAP_IDLE)
        return;
    if (!atomic_cmpxchg(&slots[id].state, TRAP_ARMED, TRAP_IDLE))
        atomic_cmpxchg(&slots[id].state, TRAP_CAUGHT, TRAP_RELEASED);
}

void race_action(enum race_id id, void (*action)(void *), void *arg)
{
    if (action) /* else who comes by at this moment may still run the former one */
        slots[id].arg = arg;
    note_used(id);
    store_release(&slots[id].action, action);
}

void race_reset(void)
{
    for (u32 w = 0; w < ARRAY_SIZE(used); w++) {
        for (u32 rest = READ_ONCE(used[w]); rest != 0; rest &= rest - 1) {
            enum race_id id = w * 32 + (u32)__builtin_ctz(rest);
            race_release(id);
            WRITE_ONCE(slots[id].action, NULL);
        }
        WRITE_ONCE(used[w], 0);
    }
    WRITE_ONCE(traps_in_use, false);
}
#endif
