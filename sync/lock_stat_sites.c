/*
 * Lock statistics by call site: which places in the code waited, for which class, and how long.
 *
 * Only waits are counted, so the table is small and the common acquisition does not touch it. One table per
 * CPU, as for classes: an open hash that never grows. A place that finds no room is counted as "elsewhere".
 */
#include "diag/assert.h"
#include "lib/format.h"
#include "lib/string.h"
#include "sync/lock_stat.h"
#include "sync/lock_stat_internal.h"

#define SITES  64u /* a power of two */
#define PROBES 8u

struct site {
    vaddr_t ip; /* 0: free */
    u16 row, mode;
    u32 waits, longest; /* cycles */
    u64 total;
};
struct site_table {
    struct site site[SITES];
    u32 elsewhere;
};
static PERCPU(struct site_table, site_tables);

void site_add(u32 row, enum lock_mode mode, vaddr_t ip, u32 waited)
{
    struct site_table *t = &this_cpu(site_tables);
    u32 hash = (u32)(ip + row) * 0x9E3779B1u; /* Knuth's multiplicative hash */

    for (u32 i = 0; i < PROBES; i++) {
        struct site *s = &t->site[((hash >> 26) + i) % SITES];
        if (s->ip != 0 && (s->ip != ip || s->row != row || s->mode != mode))
            continue;
        if (s->ip == 0)
            *s = (struct site){.ip = ip, .row = (u16)row, .mode = (u16)mode};
        s->waits++;
        s->longest = MAX(s->longest, waited);
        s->total += waited;
        return;
    }
    t->elsewhere++;
}

void site_reset(void)
{
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        per_cpu(site_tables, cpu) = (struct site_table){.elsewhere = 0};
}

static bool same_place(const struct site *a, const struct site *b)
{
    return a->ip == b->ip && a->row == b->row && a->mode == b->mode;
}

/* The sum over all CPUs for the place of `s`; *first: no lower CPU knows this place. */
static struct site sum_of(const struct site *s, u32 of_cpu, bool *first)
{
    struct site sum = {.ip = s->ip, .row = s->row, .mode = s->mode};

    *first = true;
    for (u32 cpu = 0; cpu < cpu_count(); cpu++) {
        for (u32 i = 0; i < SITES; i++) {
            const struct site *other = &per_cpu(site_tables, cpu).site[i];
            if (!same_place(s, other))
                continue;
            *first = *first && cpu >= of_cpu;
            sum.waits += other->waits;
            sum.total += other->total;
            sum.longest = MAX(sum.longest, other->longest);
        }
    }
    return sum;
}

/* The place with the largest total below `below`; false when there is none. */
static bool next_below(u64 below, struct site *best)
{
    bool first, found = false;

    for (u32 cpu = 0; cpu < cpu_count(); cpu++) {
        for (u32 i = 0; i < SITES; i++) {
            const struct site *s = &per_cpu(site_tables, cpu).site[i];
            if (s->ip == 0)
                continue;
            struct site sum = sum_of(s, cpu, &first);
            if (!first || sum.total >= below || (found && sum.total <= best->total))
                continue;
            *best = sum;
            found = true;
        }
    }
    return found;
}

void site_report(void (*line)(void *ctx, const char *text), void *ctx, unsigned most)
{
    struct site s;
    char text[256], longest[16], total[16];
    u64 below = ~0ull;

    if (most == 0 || !next_below(below, &s))
        return;
    line(ctx, "                waited at: contentions waittime-max waittime-total  place");
    for (u32 i = 0; i < most && next_below(below, &s); i++, below = s.total) {
        const struct lock_class *class = lock_classes[s.row];
        fmt_snprintf(text, sizeof text, "%23.23s%s: %11u %12s %14s  %pS", class ? class->name : "(others)",
                     s.mode == LOCK_SHARED ? "-R" : "  ", s.waits,
                     lock_stat_time(longest, sizeof longest, s.longest),
                     lock_stat_time(total, sizeof total, s.total), CALL_AT(s.ip));
        line(ctx, text);
    }
}
