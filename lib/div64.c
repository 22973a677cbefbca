/*
 * 64-bit division, which gcc -m32 calls by these names (GCC internals, "Routines for integer arithmetic");
 * the kernel links no libgcc. Schoolbook division in base 2^16, so that each step is one 32-bit divide
 * instruction.
 */
#include "lib/compiler.h"

#ifndef FL_HOST

u64 __udivmoddi4(u64 n, u64 d, u64 *rest);
u64 __udivdi3(u64 n, u64 d);
u64 __umoddi3(u64 n, u64 d);
s64 __divmoddi4(s64 n, s64 d, s64 *rest);
s64 __divdi3(s64 n, s64 d);
s64 __moddi3(s64 n, s64 d);

/*
 * One base-2^16 digit of (high:digit) / d, with d's top bit set and high < d. The estimate from d's upper
 * half is at most two too large (Knuth, TAOCP vol. 2, 4.3.1, theorem B).
 */
static u32 divide_digit(u32 high, u32 digit, u32 d, u32 *rest)
{
    u32 d_high = d >> 16, d_low = d & 0xFFFF;
    u32 q = high / d_high, r = high % d_high;
    while (q > 0xFFFF || q * d_low > ((r << 16) | digit)) {
        q--;
        r += d_high;
        if (r > 0xFFFF)
            break;
    }
    *rest = ((high << 16) | digit) - q * d; /* modulo 2^32: the true rest is below d */
    return q;
}

/* (high:low) / d where high < d, so that the quotient fits one word. */
static u32 divide_two_words(u32 high, u32 low, u32 d, u32 *rest)
{
    unsigned shift = (unsigned)__builtin_clz(d);
    if (shift) {
        d <<= shift;
        high = (high << shift) | (low >> (32 - shift));
        low <<= shift;
    }
    u32 q_high = divide_digit(high, low >> 16, d, &high);
    u32 q_low = divide_digit(high, low & 0xFFFF, d, &high);
    *rest = high >> shift;
    return (q_high << 16) | q_low;
}

/* d has more than 32 bits: the quotient fits one word. Divide by d's upper word, which errs by one at most.
 */
static u32 divide_by_wide(u64 n, u64 d, u64 *rest)
{
    unsigned shift = (unsigned)__builtin_clz((u32)(d >> 32));
    u32 d_top = (u32)((d << shift) >> 32);
    u32 unused;
    u32 q = divide_two_words((u32)(n >> 33), (u32)(n >> 1), d_top, &unused);
    q = (u32)(((u64)q << shift) >> 31);
    if (q)
        q--; /* now exact or one too small: never too large */
    u64 r = n - d * q;
    if (r >= d) {
        q++;
        r -= d;
    }
    *rest = r;
    return q;
}

u64 __udivmoddi4(u64 n, u64 d, u64 *rest)
{
    u32 n_high = (u32)(n >> 32), d_low = (u32)d;
    u64 q, r;
    if (d >> 32) {
        q = divide_by_wide(n, d, &r);
    } else { /* d == 0 faults in the divide instruction here, as it should */
        u32 r_low;
        u32 q_low = divide_two_words(n_high % d_low, (u32)n, d_low, &r_low);
        q = ((u64)(n_high / d_low) << 32) | q_low;
        r = r_low;
    }
    if (rest)
        *rest = r;
    return q;
}

u64 __udivdi3(u64 n, u64 d)
{
    return __udivmoddi4(n, d, NULL);
}

u64 __umoddi3(u64 n, u64 d)
{
    u64 rest;
    __udivmoddi4(n, d, &rest);
    return rest;
}

/* C division truncates: the rest has the sign of the numerator. */
s64 __divmoddi4(s64 n, s64 d, s64 *rest)
{
    u64 r;
    u64 q = __udivmoddi4(n < 0 ? -(u64)n : (u64)n, d < 0 ? -(u64)d : (u64)d, &r);
    if (rest)
        *rest = n < 0 ? (s64)-r : (s64)r;
    return (n < 0) != (d < 0) ? (s64)-q : (s64)q;
}

s64 __divdi3(s64 n, s64 d)
{
    return __divmoddi4(n, d, NULL);
}

s64 __moddi3(s64 n, s64 d)
{
    s64 rest;
    __divmoddi4(n, d, &rest);
    return rest;
}
#endif
