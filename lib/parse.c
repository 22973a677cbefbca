/* Numbers in text. */
#include "lib/string.h"

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 16;
}

bool parse_u32(const char *s, u32 *value)
{
    u32 base = 10, n = 0;
    if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
        base = 16;
        s += 2;
    }
    if (*s == 0)
        return false;
    for (; *s; s++) {
        u32 digit = (u32)digit_value(*s);
        if (digit >= base || n > (UINT32_MAX - digit) / base)
            return false;
        n = n * base + digit;
    }
    *value = n;
    return true;
}
