/* Shortening a failing schedule: delta debugging over its deviations. */
#include "arch/sim/explore_private.h"
#include <stdlib.h>
#include <string.h>

#define SHORTEN_RUNS 400u

/* Delta debugging over the deviations: drop runs of them, from halves down to single ones, while it still
 * fails. */
void shorten(struct schedule *s, enum verdict verdict)
{
    u32 tries = 0;
    struct deviation *kept = calloc(s->count + 1, sizeof(*kept));

    for (u32 chunk = s->count; chunk >= 1 && tries < SHORTEN_RUNS; chunk /= 2) {
        for (u32 at = 0; at < s->count && tries < SHORTEN_RUNS; tries++) {
            u32 drop = at + chunk > s->count ? s->count - at : chunk;
            struct schedule shorter = {
                .kind = STRATEGY_LIST, .forget = s->forget, .list = kept, .count = s->count - drop};
            memcpy(kept, s->list, at * sizeof(*kept));
            memcpy(kept + at, s->list + at + drop, (s->count - at - drop) * sizeof(*kept));
            run_schedule(&shorter);
            if (run->verdict != (u32)verdict) {
                at += chunk;
                continue;
            }
            memcpy(s->list, kept, shorter.count * sizeof(*kept));
            s->count = shorter.count;
        }
    }
    free(kept);
}
