/*
 * Which cache lines an operation of the kernel writes, and which of them another CPU touches as well. Counted
 * on the simulated machine: the kernel's files are compiled with gcc's -fsanitize=thread, which calls a
 * function of ours at every load and store (no run-time of its own is linked).
 */
#pragma once
#include "lib/types.h"

#define LINE_BYTES 64u

/* What this CPU touches between the two belongs to one operation: a line that it writes several times counts
 * once. */
void lines_operation_begin(void);
void lines_operation_done(void);

struct lines_sum {
    u32 operations;
    u64 written; /* (operation, line) pairs */
    u64 shared;  /* those of lines that another CPU read or wrote in its operations */
};
void lines_sum(struct lines_sum *sum);
/* Calls line() for each shared line that was written: its address, and how often. */
void lines_shared(void (*line)(u32 address, u64 writes));
void lines_forget(void);
