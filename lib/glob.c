/* `*` and `?` patterns. One resume point is enough: a later `*` makes every earlier choice irrelevant. */
#include "lib/string.h"

bool glob_match(const char *pattern, const char *s)
{
    const char *after_star = NULL; /* where the pattern goes on after the last `*` */
    const char *star_end = NULL;   /* how much of `s` that `*` has swallowed */

    while (*s) {
        if (*pattern == '*') {
            after_star = ++pattern;
            star_end = s;
        } else if (*pattern == '?' || *pattern == *s) {
            pattern++;
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
