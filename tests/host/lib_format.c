/* printf's core against the C library's, conversion by conversion. */
#include "lib/format.h"
#include "lib/random.h"
#include "tests/test.h"
#include <stdio.h>
#include <string.h>

/* gcc checks the formats of calls that it can read; here they are data on purpose. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"

static int ours(char *buf, size_t size, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = fmt_vsnprintf(buf, size, fmt, args);
    va_end(args);
    return n;
}
static int theirs(char *buf, size_t size, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(buf, size, fmt, args);
    va_end(args);
    return n;
}

#define same(fmt, ...)                                                                                       \
    do {                                                                                                     \
        char got_[96], want_[96];                                                                            \
        int got_n_ = ours(got_, sizeof got_, fmt, ##__VA_ARGS__);                                            \
        int want_n_ = theirs(want_, sizeof want_, fmt, ##__VA_ARGS__);                                       \
        if (got_n_ != want_n_ || strcmp(got_, want_))                                                        \
            test_fail(__FILE__, __LINE__, "\"%s\" gives \"%s\" (%d), expected \"%s\" (%d)",                  \
                      (const char *)(fmt), got_, got_n_, want_, want_n_);                                    \
    } while (0)

TEST(lib_format_numbers, .shows = "every flag, width and precision of d i u x X o prints as C99 says")
{
    static const char *const flags[] = {"", "-", "0", "+", " ", "#", "-0", "+0", "#0", "-#", "+-"};
    static const char *const widths[] = {"", "1", "9", ".0", ".3", "9.4", "3.9"};
    static const long long values[] = {
        0, 1, -1, 9, 10, 123456, -123456, 0x7FFFFFFF, -0x7FFFFFFFLL - 1, 0xFFFFFFFFLL};
    for (u32 f = 0; f < ARRAY_SIZE(flags); f++) {
        for (u32 w = 0; w < ARRAY_SIZE(widths); w++) {
            for (const char *letter = "diuxXo"; *letter; letter++) {
                char one[24], wide[24];
                snprintf(one, sizeof one, "[%%%s%s%c]", flags[f], widths[w], *letter);
                snprintf(wide, sizeof wide, "[%%%s%sll%c]", flags[f], widths[w], *letter);
                for (u32 v = 0; v < ARRAY_SIZE(values); v++) {
                    same(one, (int)values[v]);
                    same(wide, (long long)((u64)values[v] * 0x100000001ull));
                }
            }
        }
    }
}

TEST(lib_format_rest, .shows = "strings, characters, lengths, stars, %% and pointers print as C99 says")
{
    same("[%s][%10s][%-10s][%.2s][%5.1s]", "abc", "abc", "abc", "abc", "abc");
    same("[%c][%3c][%-3c]%%", 'x', 'y', 'z');
    same("[%*d][%-*d][%.*s][%*s]", 6, 42, 6, 42, 2, "abc", -6, "abc");
    same("[%hhd][%hhu][%hd][%hu][%ld][%lu]", 300, 300, 70000, 70000, -5L, 5UL);
    same("[%zu][%zx][%td][%ju]", (size_t)7, (size_t)255, (ptrdiff_t)-3, (uintmax_t)1 << 40);
    same("[%llu][%llx][%lld]", ~0ull, ~0ull, (long long)(1ull << 63));
    char text[32];
    check_eq(fmt_snprintf(text, sizeof text, "%p", (void *)0xC0001000u), 8);
    check(strcmp(text, "c0001000") == 0);
    check_eq(ours(text, sizeof text, "%s", (char *)NULL), 6);
    check(strcmp(text, "(null)") == 0);
}

TEST(lib_format_cut, .shows = "a buffer that is too small gets a NUL, and the full length comes back")
{
    char text[8] = "unseen!";
    check_eq(fmt_snprintf(text, 4, "%d", 123456), 6);
    check(strcmp(text, "123") == 0);
    check_eq(text[4], 'e');
    check_eq(fmt_snprintf(NULL, 0, "%s-%u", "abc", 7u), 5);
    check_eq(fmt_snprintf(text, 1, "x"), 1);
    check_eq(text[0], 0);
}

static int fake_symbol(char *buf, size_t size, vaddr_t addr)
{
    return fmt_snprintf(buf, size, "sym+%x", addr & 0xFF);
}

TEST(lib_format_symbol, .shows = "%pS goes through the hook and takes a width")
{
    char text[32];
    int (*before)(char *, size_t, vaddr_t) = fmt_symbol_hook;
    fmt_symbol_hook = fake_symbol;
    ours(text, sizeof text, "[%10pS]", (void *)0x1012);
    fmt_symbol_hook = before;
    check(strcmp(text, "[    sym+12]") == 0);
}
