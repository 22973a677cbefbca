/* Host addresses as source lines, by way of addr2line: one process for all that a report needs. */
#pragma once
#include "lib/types.h"

struct source_line {
    u32 ip;
    char text[128]; /* "function (file:line)" */
};
/* Fills in the text of each; the innermost place outside arch/sim and the atomics, inlining undone. */
void symbolize(struct source_line *lines, u32 n);
/* In a sentence: each PLACE (run.h) by its source line. Those of the latest sentence are remembered:
 * shortening asks for them again and again. */
void symbolize_places(char *sentence, size_t size);
