/* Each step is four bytes: what to do, and three numbers whose meaning depends on it. */
#include "tests/host/fuzz/range_script.h"
#include "diag/assert.h"
#include "lib/string.h"
#include "mm/range/range.h"

#define UNITS  512u
#define BLOCKS 128u

static struct range_node nodes[UNITS];
static bool is_free[UNITS];
static struct {
    u32 start, count; /* count 0: nothing is held here */
} held[BLOCKS];

static struct range_node *node_at(struct range_set *set, u32 start)
{
    return &nodes[start];
}
static void node_done(struct range_set *set, struct range_node *node) {}

static void mark(u32 start, u32 count, bool value)
{
    for (u32 i = start; i < start + count; i++) {
        assert(is_free[i] != value); /* handed out twice, or given back twice */
        is_free[i] = value;
    }
}

static bool fits(const struct range_request *r, u32 start)
{
    u32 end = start + r->count;

    if (end > (r->limit ? MIN(r->limit, UNITS) : UNITS) || (r->align > 1 && start % r->align))
        return false;
    if (r->boundary && start / r->boundary != (end - 1) / r->boundary)
        return false;
    for (u32 i = start; i < end; i++)
        if (!is_free[i])
            return false;
    return true;
}

static bool some_fit(const struct range_request *r)
{
    for (u32 start = 0; start + r->count <= UNITS; start++)
        if (fits(r, start))
            return true;
    return false;
}

static void step_alloc(struct range_set *set, const u8 b[4])
{
    struct range_request r = {
        .count = 1 + b[2] % 48, .align = 1u << (b[3] & 7), .limit = (b[3] & 8) ? b[1] * 2u : 0};
    u32 start, slot = b[1] % BLOCKS;

    if (b[3] & 16)
        for (r.boundary = 1u << (b[3] >> 5); r.boundary < r.count; r.boundary *= 2)
            ;
    if (held[slot].count)
        return;
    if (!range_alloc(set, &r, &start)) {
        assert(!some_fit(&r)); /* refused although there is a place */
        return;
    }
    assert(fits(&r, start));
    mark(start, r.count, false);
    held[slot].start = start;
    held[slot].count = r.count;
}

static void step_alloc_at(struct range_set *set, const u8 b[4])
{
    u32 slot = b[1] % BLOCKS, count = 1 + b[3] % 16, start = (b[2] * 2u) % (UNITS - count);
    const struct range_request r = {.count = count};

    if (held[slot].count)
        return;
    bool free_there = fits(&r, start), got = range_alloc_at(set, start, count);
    assert(got == free_there);
    if (got) {
        mark(start, count, false);
        held[slot].start = start;
        held[slot].count = count;
    }
}

static void step_free(struct range_set *set, u32 slot)
{
    if (!held[slot].count)
        return;
    mark(held[slot].start, held[slot].count, true);
    range_free(set, held[slot].start, held[slot].count);
    held[slot].count = 0;
}

u32 range_script_run(const u8 *bytes, size_t n)
{
    struct range_set set;
    u32 steps = 0;

    memset(held, 0, sizeof held);
    for (u32 i = 0; i < UNITS; i++)
        is_free[i] = true;
    range_set_init(&set, node_at, node_done);
    range_free(&set, 0, UNITS);
    for (; n >= 4; n -= 4, bytes += 4, steps++) {
        if (bytes[0] % 4 == 0)
            step_free(&set, bytes[1] % BLOCKS);
        else if (bytes[0] % 16 == 1)
            step_alloc_at(&set, bytes);
        else
            step_alloc(&set, bytes);
        assert(range_check(&set) >= 0);
    }
    for (u32 slot = 0; slot < BLOCKS; slot++)
        step_free(&set, slot);
    assert(set.extents == 1 && set.units == UNITS);
    return steps;
}
