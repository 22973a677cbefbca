/* Host addresses as source lines, by way of addr2line: one process for all that a report needs. */
#pragma once
#include "lib/types.h"

struct source_line {
    u32 ip;
    char text[80]; /* "function (file:line)" */
};
/* Fills in the text of each; the innermost place outside arch/sim and the atomics, inlining undone. */
void symbolize(struct source_line *lines, u32 n);
