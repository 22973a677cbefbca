/*
 * Reads matter to the look-out for data races alone, and there are twenty of them between two choice points.
 * Where nobody looks out, a call of their hook takes itself out of the code when it is first made, as a
 * kernel's trace points do.
 */
#pragma once
#include "lib/compiler.h"

/* Calls of hooks before reads are to go. */
extern bool reads_go;
/* From here on, unless the run looks for data races or the host keeps its code read-only. */
void hooks_prepare(void);
/* The call of `hook` that returns to `ip` is made no more. */
void hook_drop_call(u32 ip, void (*hook)(void *));
