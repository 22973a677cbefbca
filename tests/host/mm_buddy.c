/*
 * S07, S19: the range engine beside a textbook binary buddy (Knowlton, 1965), on the same traces of 10^6
 * operations: how many comparisons, how much is lost to rounding, and how often a request is refused although
 * that many units are free.
 *
 * The buddy: free lists by order; a request is rounded up to a power of two, a block is split in halves until
 * it is that small, and joined with its buddy (the block whose address differs in one bit) when that is free,
 * too.
 */
#include "lib/random.h"
#include "lib/string.h"
#include "mm/range/range.h"
#include "tests/test.h"

#define UNITS      (1u << 16) /* 256 MiB of frames */
#define ORDERS     17u
#define OPERATIONS 1000000u
#define LIVE_MAX   8192u

/* ---- the buddy ---- */

static struct {
    u32 head[ORDERS]; /* first unit + 1 of a free block; 0: none */
    u32 next[UNITS], prev[UNITS];
    u8 free_order[UNITS]; /* order + 1 of the free block that begins here; 0: none does */
    u32 free_units, looks;
} buddy;

static void buddy_push(u32 unit, u32 order)
{
    u32 head = buddy.head[order];

    buddy.next[unit] = head;
    buddy.prev[unit] = 0;
    if (head)
        buddy.prev[head - 1] = unit + 1;
    buddy.head[order] = unit + 1;
    buddy.free_order[unit] = (u8)(order + 1);
}

static void buddy_remove(u32 unit, u32 order)
{
    u32 next = buddy.next[unit], prev = buddy.prev[unit];

    if (prev)
        buddy.next[prev - 1] = next;
    else
        buddy.head[order] = next;
    if (next)
        buddy.prev[next - 1] = prev;
    buddy.free_order[unit] = 0;
}

static void buddy_start(void)
{
    memset(&buddy, 0, sizeof buddy);
    buddy_push(0, ORDERS - 1);
    buddy.free_units = UNITS;
}

static bool buddy_alloc(u32 order, u32 *unit)
{
    u32 from = order;

    for (; from < ORDERS && !buddy.head[from]; from++)
        buddy.looks++;
    buddy.looks++;
    if (from == ORDERS)
        return false;
    *unit = buddy.head[from] - 1;
    buddy_remove(*unit, from);
    while (from-- > order)
        buddy_push(*unit + (1u << from), from);
    buddy.free_units -= 1u << order;
    return true;
}

static void buddy_free(u32 unit, u32 order)
{
    buddy.free_units += 1u << order;
    for (; order < ORDERS - 1; order++) {
        u32 other = unit ^ (1u << order);
        buddy.looks++;
        if (buddy.free_order[other] != order + 1)
            break;
        buddy_remove(other, order);
        unit = MIN(unit, other);
    }
    buddy_push(unit, order);
}

static u32 order_of(u32 count)
{
    u32 order = 0;

    while (1u << order < count)
        order++;
    return order;
}

static u32 buddy_largest(void)
{
    for (u32 order = ORDERS; order-- > 0;)
        if (buddy.head[order])
            return 1u << order;
    return 0;
}

/* ---- the engine ---- */

static struct range_node nodes[UNITS];
static struct range_node *node_at(struct range_set *set, u32 start)
{
    return &nodes[start];
}
static void node_done(struct range_set *set, struct range_node *node) {}

/* ---- one trace for both ---- */

enum trace { TRACE_SINGLE, TRACE_SMALL, TRACE_MIXED, TRACES };
static const char *const trace_names[] = {"single frames", "1 to 8 frames", "1 to 128 frames"};

static u32 size_of(struct random *rnd, enum trace trace)
{
    switch (trace) {
    case TRACE_SINGLE:
        return 1;
    case TRACE_SMALL:
        return 1 + random_below(rnd, 8);
    default:
        return random_below(rnd, 16) ? 1 + random_below(rnd, 12) : 1 + random_below(rnd, 128);
    }
}

struct live {
    u32 count;
    u32 unit[2]; /* in the engine, in the buddy */
    bool has[2];
};
struct tally {
    u32 refused, wrongly; /* wrongly: at least so many units were free */
};

static struct live live[LIVE_MAX];

static void take(struct range_set *set, struct live *l, struct tally tally[2])
{
    const struct range_request request = {.count = l->count};
    u32 order = order_of(l->count);

    l->has[0] = range_alloc(set, &request, &l->unit[0]);
    l->has[1] = buddy_alloc(order, &l->unit[1]);
    tally[0].refused += !l->has[0];
    tally[0].wrongly += !l->has[0] && set->units >= l->count;
    tally[1].refused += !l->has[1];
    tally[1].wrongly += !l->has[1] && buddy.free_units >= l->count;
}

static void give(struct range_set *set, struct live *l)
{
    if (l->has[0])
        range_free(set, l->unit[0], l->count);
    if (l->has[1])
        buddy_free(l->unit[1], order_of(l->count));
}

static u32 largest_extent(struct range_set *set)
{
    u32 largest = 0;

    for (struct range_node *node = range_first(set); node; node = range_next(node))
        largest = MAX(largest, node->count);
    return largest;
}

/* Percent of the free memory that the largest free piece does not hold. */
static u32 fragmentation(u32 free_units, u32 largest)
{
    return free_units ? 100 - (u32)((u64)largest * 100 / free_units) : 0;
}

static void run_trace(enum trace trace)
{
    struct range_set set;
    struct random rnd;
    struct tally tally[2] = {{0}};
    u32 n = 0, wanted = 0, peak = 0;
    u64 comparisons = 0;

    range_set_init(&set, node_at, node_done);
    range_free(&set, 0, UNITS);
    buddy_start();
    random_seed(&rnd, 7 + trace);
    for (u32 op = 0; op < OPERATIONS; op++) {
        bool full =
            wanted > UNITS / 10 * 9 || n == LIVE_MAX; /* 90 % of memory is asked for, then some given back */
        u32 before = set.comparisons;
        if (n == 0 || (!full && random_below(&rnd, 100) < 60)) {
            live[n].count = size_of(&rnd, trace);
            wanted += live[n].count;
            take(&set, &live[n++], tally);
        } else {
            u32 i = random_below(&rnd, n);
            give(&set, &live[i]);
            wanted -= live[i].count;
            live[i] = live[--n];
        }
        comparisons += set.comparisons - before;
        peak = MAX(peak, set.extents);
    }
    check(range_check(&set) >= 0);
    check(comparisons / OPERATIONS <=
          8 * (u64)(32 - (u32)__builtin_clz(MAX(peak, 2u)))); /* O(log n), amortised */
    test_note(
        "%-15s engine: %2llu.%llu comparisons, %5u refused (%u with enough free), %2u %% fragmented, %5u units free",
        trace_names[trace], comparisons / OPERATIONS, comparisons * 10 / OPERATIONS % 10, tally[0].refused,
        tally[0].wrongly, fragmentation(set.units, largest_extent(&set)), set.units);
    test_note(
        "%-15s buddy:  %2u.%u looks,       %5u refused (%u with enough free), %2u %% fragmented, %5u units free",
        "", buddy.looks / OPERATIONS, buddy.looks * 10 / OPERATIONS % 10, tally[1].refused, tally[1].wrongly,
        fragmentation(buddy.free_units, buddy_largest()), buddy.free_units);
    check(set.units >= buddy.free_units); /* nothing is lost to rounding */
    check(tally[0].refused <= tally[1].refused);
}

TEST(s07_range_beside_buddy,
     .shows = "10^6 operations: comparisons, refusals and fragmentation beside a textbook binary buddy")
{
    for (enum trace trace = 0; trace < TRACES; trace++)
        run_trace(trace);
}
