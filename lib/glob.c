/* `*`, `?` and `[a-c]` patterns. One resume point is enough: a later `*` makes every earlier choice irrelevant.
 */
#include "lib/string.h"

/* Is `c` in the set that begins behind `[`? *end: behind its `]`, or NULL: it has none, and `[` is a letter. */
static bool set_holds(const char *set, char c, const char **end)
{
    bool not = *set == '!', found = false;

    set += not ;
    for (const char *p = set; *p; p++) {
        if (*p == ']' && p > set) {
            *end = p + 1;
            return found != not ;
        }
        if (p[1] == '-' && p[2] && p[2] != ']') {
            found |= p[0] <= c && c <= p[2];
            p += 2;
        } else {
            found |= *p == c;
        }
    }
    *end = NULL;
    return false;
}

/* The pattern behind what matches `c`; NULL: it does not. */
static const char *match_one(const char *pattern, char c)
{
    if (*pattern == '[') {
        const char *end;
        bool holds = set_holds(pattern + 1, c, &end);
        if (end)
            return holds ? end : NULL;
    }
    return *pattern == '?' || *pattern == c ? pattern + 1 : NULL;
}

bool glob_match(const char *pattern, const char *s)
{
    const char *after_star = NULL; /* where the pattern goes on after the last `*` */
    const char *star_end = NULL;   /* how much of `s` that `*` has swallowed */

    while (*s) {
        const char *next;
        if (*pattern == '*') {
            after_star = ++pattern;
            star_end = s;
        } else if (*pattern && (next = match_one(pattern, *s))) {
            pattern = next;
            s++;
        } else if (after_star) {
            pattern = after_star;
            s = ++star_end; /* the star takes one character more */
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == 0;
}
