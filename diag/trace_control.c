/* What is recorded: one mask, chosen by globs, at boot and at run time. */
#include "diag/trace_control.h"
#include "diag/bootwords.h"
#include "diag/trace_internal.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

u32 trace_mask;
void (*trace_mask_hook)(void);
static unsigned mode; /* what becomes of a full ring */
enum { OVERWRITE, STOP };
BOOT_CHOICE(tracemode, "a full trace ring loses the oldest events, or stops", &mode, "overwrite", "stop");

static_assert(TRACE_EVENTS <= 32, "one bit per event");

bool trace_stops_when_full(void)
{
    return READ_ONCE(mode) == STOP;
}

/* The events that one glob names, by event or as system:event. */
static u32 mask_of(const char *glob)
{
    u32 mask = 0;

    if (!strcmp(glob, "all"))
        glob = "*";
    for (u32 n = 0; n < TRACE_EVENTS; n++) {
        char full[48];
        const char *system, *name = trace_event_name(n, &system);
        fmt_snprintf(full, sizeof full, "%s:%s", system, name);
        if (glob_match(glob, name) || glob_match(glob, full))
            mask |= 1u << n;
    }
    return mask;
}

/* All that a comma list names; 0 when one of its globs names nothing. */
static u32 mask_of_list(const char *globs)
{
    u32 mask = 0;

    while (*globs) {
        char glob[48];
        size_t n = 0;
        for (; globs[n] && globs[n] != ','; n++)
            if (n < sizeof glob - 1)
                glob[n] = globs[n];
        glob[MIN(n, sizeof glob - 1)] = 0;
        u32 named = mask_of(glob);
        if (named == 0)
            return 0;
        mask |= named;
        globs += n + (globs[n] == ',');
    }
    return mask;
}

/* Another task may change the mask while we tell of ours; then what we told is old, and is told again. */
static void follow_mask(void)
{
    u32 seen;

    do {
        seen = __atomic_load_n(&trace_mask, __ATOMIC_SEQ_CST);
        if (trace_mask_hook)
            trace_mask_hook();
        memory_barrier();
    } while (seen != READ_ONCE(trace_mask));
}

static int choose_events(const char *line)
{
    u32 mask = mask_of_list(line + (*line == '+' || *line == '-'));

    if (mask == 0)
        return -EINVAL;
    if (!trace_region)
        mask = 0; /* nowhere to write to, as boot said */
    if (*line == '+')
        __atomic_fetch_or(&trace_mask, mask, __ATOMIC_SEQ_CST);
    else if (*line == '-')
        __atomic_fetch_and(&trace_mask, ~mask, __ATOMIC_SEQ_CST);
    else
        __atomic_store_n(&trace_mask, mask, __ATOMIC_SEQ_CST);
    return 0;
}

int trace_control(const char *line)
{
    int error = 0;

    if (!strcmp(line, "off"))
        __atomic_store_n(&trace_mask, 0, __ATOMIC_SEQ_CST);
    else if (!strcmp(line, "overwrite"))
        WRITE_ONCE(mode, OVERWRITE);
    else if (!strcmp(line, "stop"))
        WRITE_ONCE(mode, STOP);
    else
        error = choose_events(line);
    follow_mask();
    return error;
}

/* How many of a ring's events went with pages that were used again. */
static u32 overwritten(const struct trace_ring *ring)
{
    u32 begun = READ_ONCE(ring->begun);

    return begun > ring->pages ? ((u32 *)trace_at(ring->first_at))[begun % ring->pages] : 0;
}

void trace_report(void (*line)(void *ctx, const char *text), void *ctx)
{
    char text[128];

    fmt_snprintf(text, sizeof text, "mode %s", trace_stops_when_full() ? "stop" : "overwrite");
    line(ctx, text);
    for (u32 n = 0; n < TRACE_EVENTS; n++) {
        const char *system, *name = trace_event_name(n, &system);
        fmt_snprintf(text, sizeof text, "%-3s %s:%s", READ_ONCE(trace_mask) & 1u << n ? "on" : "off", system,
                     name);
        line(ctx, text);
    }
    for (u32 cpu = 0; trace_region && cpu < trace_region->cpus; cpu++) {
        const struct trace_ring *ring = trace_ring_of(cpu);
        fmt_snprintf(text, sizeof text,
                     "cpu%u written %u overwritten %u refused %u dropped %u pages %u of %u", cpu,
                     READ_ONCE(ring->written), overwritten(ring), READ_ONCE(ring->refused),
                     READ_ONCE(ring->dropped), MIN(READ_ONCE(ring->begun), ring->pages), ring->pages);
        line(ctx, text);
    }
}
