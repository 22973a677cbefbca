/* The range engine against a bitmap that tries every place, and its comparisons counted (rows S07, S11, S19).
 */
#include "lib/random.h"
#include "lib/string.h"
#include "mm/range/range.h"
#include "tests/test.h"

#define UNITS (1u << 18)
static struct range_node nodes[UNITS]; /* as in the page array: the node of an extent stands at its start */

static struct range_node *node_at(struct range_set *set, u32 start)
{
    return &nodes[start];
}
static void node_done(struct range_set *set, struct range_node *node) {}

static struct range_set fresh_set(u32 units)
{
    struct range_set set;
    range_set_init(&set, node_at, node_done);
    range_free(&set, 0, units);
    return set;
}

/* ---- against a bitmap ---- */

#define SMALL    1024u
#define LIVE_MAX 256u
static bool is_free[SMALL];

struct block {
    u32 start, count;
};

static bool all_free(u32 start, u32 count)
{
    for (u32 i = 0; i < count; i++)
        if (!is_free[start + i])
            return false;
    return true;
}

static bool place_is_right(const struct range_request *r, u32 start)
{
    u32 limit = r->limit ? r->limit : SMALL;
    if (r->align && start % r->align)
        return false;
    if (r->boundary && start / r->boundary != (start + r->count - 1) / r->boundary)
        return false;
    return start + r->count <= MIN(limit, SMALL);
}

static bool some_fit_exists(const struct range_request *r)
{
    for (u32 start = 0; start + r->count <= SMALL; start++)
        if (place_is_right(r, start) && all_free(start, r->count))
            return true;
    return false;
}

static struct range_request random_request(struct random *rnd)
{
    struct range_request r = {.count = 1 + random_below(rnd, random_below(rnd, 4) ? 6 : 40)};
    if (random_below(rnd, 3) == 0)
        r.align = 1u << random_below(rnd, 6);
    if (random_below(rnd, 4) == 0)
        r.limit = r.count + random_below(rnd, SMALL - r.count + 1);
    if (random_below(rnd, 4) == 0)
        for (r.boundary = 1; r.boundary < r.count; r.boundary *= 2)
            ;
    return r;
}

static void set_bits(u32 start, u32 count, bool value)
{
    for (u32 i = 0; i < count; i++)
        is_free[start + i] = value;
}

TEST(s19_range_against_bitmap,
     .shows = "every request is served rightly, and refused only when no place exists")
{
    struct random rnd;
    struct range_set set = fresh_set(SMALL);
    struct block live[LIVE_MAX];
    u32 n = 0, refused = 0;
    random_seed(&rnd, 19);
    set_bits(0, SMALL, true);
    for (u32 op = 0; op < 1000000 && (op % 1024 || !test_failed()); op++) {
        if (n < LIVE_MAX && random_below(&rnd, 100) < 55) {
            struct range_request r = random_request(&rnd);
            u32 start = 0;
            bool got = range_alloc(&set, &r, &start);
            if (!got) {
                refused++;
                check(!some_fit_exists(&r));
                continue;
            }
            check(place_is_right(&r, start) && all_free(start, r.count));
            set_bits(start, r.count, false);
            live[n++] = (struct block){start, r.count};
        } else if (n > 0) {
            u32 i = random_below(&rnd, n);
            range_free(&set, live[i].start, live[i].count);
            set_bits(live[i].start, live[i].count, true);
            live[i] = live[--n];
        }
        if (op % 512 == 0)
            check(range_check(&set) >= 0);
    }
    while (n > 0) {
        n--;
        range_free(&set, live[n].start, live[n].count);
    }
    check_eq(set.extents, 1);
    check_eq(set.units, SMALL);
    check(refused > 100); /* else the refusals were not tried */
}

TEST(s22_range_alloc_at, .shows = "a given unit is taken exactly once, out of the middle of an extent")
{
    struct range_set set = fresh_set(64);
    check(range_alloc_at(&set, 17, 1));
    check(!range_alloc_at(&set, 17, 1));
    check(!range_alloc_at(&set, 10, 20));
    check(range_alloc_at(&set, 18, 46));
    check_eq(set.extents, 1);
    check_eq(range_find(&set, 16)->count, 17);
    check(!range_find(&set, 17));
    range_free(&set, 18, 46);
    range_free(&set, 17, 1);
    check_eq(range_check(&set), 1);
}

TEST(range_best_fit, .shows = "the smallest hole that serves is taken, the lowest of equals")
{
    struct range_set set = fresh_set(100);
    const struct range_request three = {.count = 3};
    u32 start;
    check(range_alloc_at(&set, 10, 1)); /* holes: 0-9, 11-14, 16-99 */
    check(range_alloc_at(&set, 15, 1));
    check(range_alloc(&set, &three, &start));
    check_eq(start, 11);
    check(range_alloc(&set, &three, &start));
    check_eq(start, 0);
    check_eq(range_alloc_some(&set, 8, &start), 1); /* the one unit that is left of 11-14 */
    check_eq(start, 14);
}

/* ---- how many comparisons ---- */

static u32 log2_up(u32 n)
{
    u32 bits = 0;
    while ((1u << bits) < n)
        bits++;
    return bits;
}

#define BIG_LIVE 60000u
static struct block big[BIG_LIVE];

TEST(s07_range_comparisons, .shows = "10^6 operations on many extents cost O(log n) comparisons each",
     .limit_ticks = 12000)
{
    struct random rnd;
    struct range_set set = fresh_set(UNITS);
    u32 n = 0, ops = 0, most_extents = 0, worst_tenths = 0, before = 0;
    random_seed(&rnd, 7);
    while (ops < 1000000) {
        u32 bias = (ops / 50000) % 2 ? 20 : 80; /* waves: many frees in a row leave many holes */
        if (n < BIG_LIVE && random_below(&rnd, 100) < bias) {
            struct range_request r = {
                .count = 1 + (random_below(&rnd, 8) ? random_below(&rnd, 6) : random_below(&rnd, 32))};
            if (range_alloc(&set, &r, &big[n].start))
                big[n++].count = r.count;
        } else if (n > 0) {
            u32 i = random_below(&rnd, n);
            range_free(&set, big[i].start, big[i].count);
            big[i] = big[--n];
        }
        most_extents = MAX(most_extents, set.extents);
        if (++ops % 10000 == 0) { /* the bound is amortised: over 10^4 operations */
            u32 tenths = (set.comparisons - before) / 1000 / log2_up(MAX(set.extents, 16u));
            worst_tenths = MAX(worst_tenths, tenths);
            before = set.comparisons;
        }
    }
    check(range_check(&set) >= 0);
    check(most_extents > 1000);
    check(worst_tenths < 80); /* one operation is up to four searches, each 2 log2(n) or so */
    test_note("up to %u extents; at worst %u.%u log2(n) comparisons an operation", most_extents,
              worst_tenths / 10, worst_tenths % 10);
}
