/*
 * The undo log: what every word held before the run wrote to it. The compiler calls a hook before each store
 * of the kernel and of the machine's model (gcc's -fsanitize=thread, with hooks of our own instead of its
 * run-time), so that the explorer can take a run back to any moment of its past in time that depends on what
 * was written since, and on nothing else.
 *
 * Fibers' stacks are not in the log: spilled registers have no hook. checkpoint.c copies them.
 */
#pragma once
#include "lib/types.h"

/* Stores are logged. Off while the host's own code runs; its memory is not the run's. */
extern bool undo_on;

/* Where the log stands now. */
u32 undo_position(void);
/* Everything written since the log stood there is as it was then. */
void undo_rewind(u32 position);
/* Before a store that no hook sees. */
void undo_note(const volatile void *at, size_t bytes);
/* Stores in here are nobody's business (the stacks). */
void undo_except(const void *from, size_t bytes);
