/* What a test program says when something is not as it should be. */
#pragma once
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends the program with status 1 and the sentence; may be called by any thread. */
#define expect(cond, ...)                                                                                    \
    do {                                                                                                     \
        if (!(cond)) {                                                                                       \
            int error_ = errno;                                                                              \
            printf("%s:%d: %s does not hold: ", __FILE__, __LINE__, #cond);                                  \
            printf(__VA_ARGS__);                                                                             \
            printf(" (errno %d, %s)\n", error_, strerror(error_));                                           \
            fflush(stdout);                                                                                  \
            _Exit(1);                                                                                        \
        }                                                                                                    \
    } while (0)
