/* xorshift64*: small, seeded, the same everywhere. Not for secrets. */
#pragma once
#include "lib/types.h"
struct random {
    u64 state;
};
static inline void random_seed(struct random *r, u64 seed)
{
    r->state = seed * 0x9E3779B97F4A7C15ull + 0x2545F4914F6CDD1Dull;
}
static inline u32 random_next(struct random *r)
{
    r->state ^= r->state >> 12;
    r->state ^= r->state << 25;
    r->state ^= r->state >> 27;
    return (u32)((r->state * 0x2545F4914F6CDD1Dull) >> 32);
}
/* Uniform enough below n (n > 0). */
static inline u32 random_below(struct random *r, u32 n)
{
    return (u32)(((u64)random_next(r) * n) >> 32);
}
