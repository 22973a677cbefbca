/*
 * A script of bytes for the frame allocator, kvalloc and the slabs, as they run on the simulated machine:
 * held against a model after every step, refusals included. The same script serves libFuzzer
 * (tests/host/fuzz/allocator_libfuzzer.c, `make fuzz`) and the bounded runs of the host tests
 * (tests/host/mm_fuzz.c). Task context.
 */
#pragma once
#include "lib/types.h"

#define SCRIPT_FRAMES  1u
#define SCRIPT_KVALLOC 2u
#define SCRIPT_SLAB    4u

/* Runs the script on the allocators named; asserts at the first step that is wrong, and at the end that
 * everything came back. Returns the number of steps. */
u32 allocator_script_run(const u8 *bytes, size_t n, u32 which);
