/*
 * Memory and strings in plain C. The host build takes the C library's, so that ASan sees every access.
 *
 * gcc recognises a copying loop and would replace it by a call to memcpy, that is to itself; LOOPS_STAY_LOOPS
 * forbids that here. Copies of a constant size never come here: lib/string.h lets the compiler expand them.
 */
#include "lib/string.h"
#include "lib/compiler.h"

#ifndef FL_HOST
#define LOOPS_STAY_LOOPS __attribute__((optimize("no-tree-loop-distribute-patterns")))

/* A word at an address that may be unaligned, and that aliases whatever lies there. */
typedef u32 __attribute__((may_alias, aligned(1))) any_word;

LOOPS_STAY_LOOPS void *(memcpy)(void *restrict to, const void *restrict from, size_t n)
{
    any_word *to_word = to;
    const any_word *from_word = from;
    for (; n >= 16; n -= 16, to_word += 4, from_word += 4) {
        u32 a = from_word[0], b = from_word[1], c = from_word[2], d = from_word[3];
        to_word[0] = a;
        to_word[1] = b;
        to_word[2] = c;
        to_word[3] = d;
    }
    for (; n >= 4; n -= 4)
        *to_word++ = *from_word++;
    u8 *to_byte = (u8 *)to_word;
    const u8 *from_byte = (const u8 *)from_word;
    while (n-- > 0)
        *to_byte++ = *from_byte++;
    return to;
}

LOOPS_STAY_LOOPS void *(memmove)(void *to, const void *from, size_t n)
{
    if ((uintptr_t)to - (uintptr_t)from >=
        n) /* `to` is below `from` (the difference wraps) or past its end */
        return (memcpy)(to, from, n);
    u8 *to_end = (u8 *)to + n;
    const u8 *from_end = (const u8 *)from + n;
    for (; n >= 4; n -= 4) {
        to_end -= 4;
        from_end -= 4;
        *(any_word *)to_end = *(const any_word *)from_end;
    }
    while (n-- > 0)
        *--to_end = *--from_end;
    return to;
}

LOOPS_STAY_LOOPS void *(memset)(void *to, int c, size_t n)
{
    u32 word = (u8)c * 0x01010101u;
    any_word *to_word = to;
    for (; n >= 32; n -= 32, to_word += 8) {
        to_word[0] = word;
        to_word[1] = word;
        to_word[2] = word;
        to_word[3] = word;
        to_word[4] = word;
        to_word[5] = word;
        to_word[6] = word;
        to_word[7] = word;
    }
    for (; n >= 4; n -= 4)
        *to_word++ = word;
    u8 *to_byte = (u8 *)to_word;
    while (n-- > 0)
        *to_byte++ = (u8)c;
    return to;
}

int(memcmp)(const void *a, const void *b, size_t n)
{
    const u8 *left = a, *right = b;
    for (; n > 0; n--, left++, right++)
        if (*left != *right)
            return *left - *right;
    return 0;
}

LOOPS_STAY_LOOPS size_t(strlen)(const char *s)
{
    const char *end = s;
    while (*end)
        end++;
    return (size_t)(end - s);
}

int strcmp(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
    for (; n > 0; n--, a++, b++)
        if (*a != *b || *a == 0)
            return (u8)*a - (u8)*b;
    return 0;
}

char *strchr(const char *s, int c)
{
    for (;; s++) {
        if (*s == (char)c)
            return (char *)s;
        if (*s == 0)
            return NULL;
    }
}

char *strrchr(const char *s, int c)
{
    const char *found = NULL;
    for (;; s++) {
        if (*s == (char)c)
            found = s;
        if (*s == 0)
            return (char *)found;
    }
}

char *strstr(const char *s, const char *sub)
{
    size_t n = strlen(sub);
    for (;; s++) {
        if (strncmp(s, sub, n) == 0)
            return (char *)s;
        if (*s == 0)
            return NULL;
    }
}
#endif

size_t string_copy(char *to, const char *from, size_t size)
{
    size_t length = strlen(from);
    if (size > 0) {
        size_t kept = MIN(length, size - 1);
        memcpy(to, from, kept);
        to[kept] = 0;
    }
    return length;
}
