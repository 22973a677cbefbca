/* Each allocation of a test refused once (tests/refusal.h): under the default schedule, and under drawn ones.
 */
#include "arch/sim/explore_private.h"
#include <stdio.h>

#define WORDS_MAX    4096u
#define NONE_OF_THEM ~0u

static void note_refusal(void)
{
    u32 i = 0;

    findings->refusals++;
    findings->leaked += run->leaked;
    while (i < findings->sites && findings->site[i].ip != run->refused)
        i++;
    if (i == ARRAY_SIZE(findings->site))
        return;
    if (i == findings->sites) {
        findings->site[i].ip = run->refused;
        findings->site[i].times = 0;
        findings->sites++;
    }
    findings->site[i].times++;
}

/* False when the run failed: then the token shall say what was refused. */
static bool refuse_nth(u32 nth, const struct schedule *schedule)
{
    static struct exploration reported;
    static char words[WORDS_MAX];

    run_refuse = nth;
    run->refused = run->leaked = 0;
    reported = *exploring;
    snprintf(words, sizeof words, "%s%srefuse=%u", exploring->words, exploring->words[0] ? " " : "", nth);
    reported.words = words;
    const struct exploration *was = exploring;
    exploring = &reported;
    bool passed = try_schedule(schedule, "refusals");
    exploring = was;
    if (run->refused)
        note_refusal();
    return passed;
}

/* Under the default schedule, then under drawn ones. False when a run failed. */
static bool refuse_in_all_schedules(u32 nth)
{
    struct schedule usual = {.kind = STRATEGY_USUAL};

    if (!refuse_nth(nth, &usual))
        return false;
    for (u32 i = 0; i < exploring->drawn && !out_of_budget(); i++) {
        struct schedule drawn = {.kind = STRATEGY_RANDOM, .seed = exploring->seed + i};
        if (!refuse_nth(nth, &drawn))
            return false;
    }
    return true;
}

/* The i-th allocation to refuse, of `asked`. Where they are more than there may be runs: the first ones, in
 * which most places are met, and from the others as many, at even distances. */
static u32 nth_of(u32 i, u32 tries, u32 asked)
{
    u32 first = tries / 2;

    if (asked <= tries || i < first)
        return i + 1;
    return first + 1 + (u32)((u64)(i - first) * (asked - first) / (tries - first));
}

bool explore_refusals(void)
{
    struct schedule usual = {.kind = STRATEGY_USUAL};

    if (!refuse_nth(NONE_OF_THEM, &usual)) /* it must pass, and says how many there are */
        return false;
    u32 asked = run->asked, most = exploring->schedules / (1 + exploring->drawn),
        tries = MIN(asked, MAX(most, 1u));
    for (u32 i = 0; i < tries && !out_of_budget(); i++)
        if (!refuse_in_all_schedules(nth_of(i, tries, asked)))
            return false;
    findings->complete = tries == asked;
    return true;
}
