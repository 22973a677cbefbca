/*
 * Refused allocations in every test (S14): the runner has one allocation of the running test refused, and the
 * test must hold all the same.
 *
 * How can it, when its own set-up may be what was refused? The caller is told, by ENOMEM, or EFAULT from a
 * user access, or NULL; he asks once more, and now gets what he wanted. So each place of a scenario that can
 * be refused says so: again() around a call that returns an error, obtain() around one that returns a
 * pointer. Each refusal excuses one such answer, and no other error. What a scenario
 * then checks is what it always checks, and at its end nothing may be missing, whatever was refused.
 */
#pragma once
#include "lib/compiler.h"

/* What the next test is refused: its nth allocation (0: none), or the first that `asked_by` makes (0: none).
 * Until it is called, the boot word refuse= says it. */
void refusal_choose(u32 nth, vaddr_t asked_by);
/* True when tests are run for the sake of refusals, that is many times: long ones make it short. */
bool refusal_wanted(void);
/* Around a test, by its runner: counts what is in use, and fails the test when it is not the same at its end.
 * Sleeps. */
void refusal_begin(void);
void refusal_end(void);
/* Of the last test: was an allocation refused; frames, objects and window pages that it did not give back. */
bool refusal_happened(void);
u32 refusal_asked(void); /* how many it made */
/* Who asked for them: return addresses, each once. */
#define PLACES_MAX 64u
u32 refusal_places(vaddr_t places[PLACES_MAX]);
u32 refusal_leaked(void);

/* None is refused in between: a CPU that spins with preemption off until the scenario has got on would be
 * waited for by whoever makes room (a grace period, a flush), and that circle is the scenario's. */
void refusal_pause(void);
void refusal_resume(void);

/* Whether `error` is what somebody says who was just refused memory: once for each refusal. Any context. */
bool refusal_excuses(int error);
/* The result of a call that says 0 or an errno: made once more when it was refused memory. */
#define again(call)                                                                                          \
    ({                                                                                                       \
        __auto_type again_got_ = (call);                                                                     \
        if (refusal_excuses((int)again_got_))                                                                \
            again_got_ = (call);                                                                             \
        again_got_;                                                                                          \
    })
/* The same of one that says NULL. */
#define obtain(call)                                                                                         \
    ({                                                                                                       \
        __auto_type obtain_got_ = (call);                                                                    \
        if (!obtain_got_ && refusal_excuses_null())                                                          \
            obtain_got_ = (call);                                                                            \
        obtain_got_;                                                                                         \
    })
bool refusal_excuses_null(void);
