/* A moment that comes once or again and again: what all timers of programs have in common. */
#pragma once
#include "lib/types.h"

/* In ns, of whichever clock. As a program gives it, `next` is a length until it becomes a moment. */
struct interval {
    u64 next;   /* 0: off */
    u64 period; /* 0: once */
};
/* How often it has come by `now`; moves on to what comes next. */
u64 interval_expire(struct interval *interval, u64 now);
/* What is left; 0 when it is off, or came once and is over. */
u64 interval_left(const struct interval *interval, u64 now);
