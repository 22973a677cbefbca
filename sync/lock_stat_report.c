/* Lock statistics: the report, in the columns of Linux's /proc/lock_stat (times in microseconds), and where
 * each lock was initialised. */
#include "arch/clock.h"
#include "lib/format.h"
#include "lib/string.h"
#include "sync/lock_stat.h"
#include "sync/lock_stat_internal.h"

#define ROWS         (LOCK_CLASSES * 2)
#define LINE_MAX_LEN 256

static void span_sum(struct span *sum, const struct span *part)
{
    if (part->total == 0)
        return;
    sum->min = sum->total == 0 ? part->min : MIN(sum->min, part->min);
    sum->max = MAX(sum->max, part->max);
    sum->total += part->total;
}

static struct lock_numbers row_sum(u32 row)
{
    struct lock_numbers sum = {0};

    for (u32 cpu = 0; cpu < cpu_count(); cpu++) {
        const struct lock_numbers *n = &per_cpu(lock_tables, cpu).row[row / 2][row % 2];
        sum.contentions += n->contentions;
        sum.contend_bounces += n->contend_bounces;
        sum.acquisitions += n->acquisitions;
        sum.acquire_bounces += n->acquire_bounces;
        span_sum(&sum.wait, &n->wait);
        span_sum(&sum.hold, &n->hold);
    }
    return sum;
}

const char *lock_stat_time(char *buf, size_t size, u64 cycles)
{
    u64 hundredths = clock_cycles_to_ns(cycles) / 10;
    u32 whole = (u32)(hundredths / 100);

    fmt_snprintf(buf, size, "%u.%02u", whole, (u32)(hundredths - (u64)whole * 100));
    return buf;
}

static size_t span_print(char *to, size_t size, const struct span *s, u32 events)
{
    char a[16], b[16], c[16], d[16];

    return (size_t)fmt_snprintf(to, size, " %12s %12s %14s %12s", lock_stat_time(a, sizeof a, s->min),
                                lock_stat_time(b, sizeof b, s->max), lock_stat_time(c, sizeof c, s->total),
                                lock_stat_time(d, sizeof d, events ? s->total / events : 0));
}

static void row_print(u32 row, void (*line)(void *ctx, const char *text), void *ctx)
{
    struct lock_numbers n = row_sum(row);
    const struct lock_class *class = lock_classes[row / 2];
    char name[40], text[LINE_MAX_LEN];

    fmt_snprintf(name, sizeof name, "%s%s", class ? class->name : "(others)", row % 2 ? "-R" : "");
    size_t at =
        (size_t)fmt_snprintf(text, sizeof text, "%28.28s: %11u %11u", name, n.contend_bounces, n.contentions);
    at += span_print(text + at, sizeof text - at, &n.wait, n.contentions);
    at += (size_t)fmt_snprintf(text + at, sizeof text - at, " %11u %12u", n.acquire_bounces, n.acquisitions);
    at += span_print(text + at, sizeof text - at, &n.hold, n.acquisitions);
    if (class)
        fmt_snprintf(text + at, sizeof text - at, "  %s:%d", class->file, class->line);
    line(ctx, text);
}

/* True when row a is to be printed before row b: more contentions, then more acquisitions. */
static bool comes_before(u32 a, u32 b)
{
    struct lock_numbers x = row_sum(a), y = row_sum(b);

    if (x.contentions != y.contentions)
        return x.contentions > y.contentions;
    return x.acquisitions > y.acquisitions;
}

void lock_stat_report(void (*line)(void *ctx, const char *text), void *ctx, unsigned most)
{
    u8 order[ROWS];
    u32 n = 0;

    for (u32 row = 0; row < lock_classes_used() * 2; row++) {
        if (row_sum(row).acquisitions == 0)
            continue;
        u32 at = n++;
        for (; at > 0 && comes_before(row, order[at - 1]); at--)
            order[at] = order[at - 1];
        order[at] = (u8)row;
    }
    char head[LINE_MAX_LEN];
    fmt_snprintf(head, sizeof head, "%28s: %11s %11s %12s %12s %14s %12s %11s %12s %12s %12s %14s %12s  %s",
                 "class name", "con-bounces", "contentions", "waittime-min", "waittime-max", "waittime-total",
                 "waittime-avg", "acq-bounces", "acquisitions", "holdtime-min", "holdtime-max",
                 "holdtime-total", "holdtime-avg", "initialised at");
    line(ctx, head);
    for (u32 i = 0; i < MIN(n, most); i++)
        row_print(order[i], line, ctx);
    site_report(line, ctx, most / 2);
}
