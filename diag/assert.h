/* assert = our mistake; it stops the machine with everything printed. Kept in the product image. */
#pragma once
#include "lib/compiler.h"

noreturn cold void assert_failed(const char *expr, const char *file, int line, const char *func);
#define assert(x)                                                                                            \
    do {                                                                                                     \
        if (unlikely(!(x)))                                                                                  \
            assert_failed(#x, __FILE__, __LINE__, __func__);                                                 \
    } while (0)
/* Not reached, with a reason in words. */
#define bug(why) assert_failed("never: " why, __FILE__, __LINE__, __func__)
