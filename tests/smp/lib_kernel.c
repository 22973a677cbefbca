/* What the kernel image has of its own and the host build takes from its C library: division and memory
 * functions. */
#include "lib/random.h"
#include "lib/string.h"
#include "tests/test.h"

/* A number of random width, so that every combination of one and two words comes up. */
static u64 random_wide(struct random *r)
{
    u64 value = (u64)random_next(r) << 32 | random_next(r);
    return value >> random_below(r, 64);
}

static void check_division(u64 n, u64 d)
{
    u64 q = n / d, rest = n % d;
    if (rest >= d || q * d + rest != n || (q && n / q < d))
        test_fail(__FILE__, __LINE__, "%llu / %llu gave %llu rest %llu", n, d, q, rest);
    s64 sn = (s64)n, sd = (s64)d;
    if (sn == INT64_MIN)
        return;
    s64 sq = sn / sd, srest = sn % sd;
    if (sq * sd + srest != sn || (srest < 0) != (sn < 0 && srest != 0))
        test_fail(__FILE__, __LINE__, "%lld / %lld gave %lld rest %lld", sn, sd, sq, srest);
}

TEST(lib_division,
     .shows = "64-bit division, signed and unsigned: quotient times divisor plus rest is the numerator")
{
    static const u64 edges[] = {1,
                                2,
                                3,
                                0xFFFF,
                                0x10000,
                                0x10001,
                                0x7FFFFFFF,
                                0x80000000,
                                0xFFFFFFFF,
                                0x100000000,
                                0x100000001,
                                0xFFFFFFFF00000000,
                                0x7FFFFFFFFFFFFFFF,
                                0x8000000000000000,
                                ~0ull,
                                ~0ull - 1};
    struct random r;
    for (u32 i = 0; i < ARRAY_SIZE(edges); i++)
        for (u32 j = 0; j < ARRAY_SIZE(edges); j++)
            check_division(edges[i], edges[j]);
    random_seed(&r, 1);
    for (u32 i = 0; i < 20000; i++) {
        u64 n = random_wide(&r), d = random_wide(&r);
        check_division(n, d ? d : 1);
    }
}

/* By a call, not expanded in place. */
static void *(*volatile copy)(void *, const void *, size_t) = memcpy;
static void *(*volatile move)(void *, const void *, size_t) = memmove;
static void *(*volatile fill)(void *, int, size_t) = memset;
static int (*volatile compare)(const void *, const void *, size_t) = memcmp;

#define SPAN 96u
static u8 was[SPAN], now[SPAN];

static void begin(void)
{
    for (u32 i = 0; i < SPAN; i++)
        was[i] = now[i] = (u8)(i * 7 + 1);
}

/* now[to..to+n) is was[from..from+n) and nothing else changed. */
static void check_moved(u32 to, u32 from, u32 n)
{
    for (u32 i = 0; i < SPAN; i++) {
        u8 want = i - to < n ? was[from + i - to] : was[i];
        if (now[i] != want)
            test_fail(__FILE__, __LINE__, "%u bytes from %u to %u: byte %u is wrong", n, from, to, i);
    }
}

TEST(lib_memory, .shows = "copy, move, fill and compare at every alignment, length and overlap")
{
    for (u32 to = 0; to < 24 && !test_failed(); to++) {
        for (u32 from = 0; from < 24; from++) {
            for (u32 n = 0; n < 64; n += 1 + n / 8) {
                begin();
                check(move(now + to, now + from, n) == now + to);
                check_moved(to, from, n);
                begin();
                copy(now + to, was + from, n);
                check_moved(to, from, n);
            }
        }
        for (u32 n = 0; n < 64; n++) {
            begin();
            fill(now + to, 0x1AB, n);
            for (u32 i = 0; i < SPAN; i++)
                check_eq(now[i], i - to < n ? 0xAB : was[i]);
            check((compare(now, was, SPAN) == 0) == (n == 0));
        }
    }
}
