/*
 * A script of bytes for the range engine, held against a bitmap after every step. The same script serves
 * libFuzzer (range_libfuzzer.c, `make fuzz`) and a bounded run of random scripts in the host tests
 * (tests/host/mm_fuzz.c).
 */
#pragma once
#include "lib/types.h"

/* Runs the script on a fresh set; asserts at the first step that is wrong. Returns the number of steps. */
u32 range_script_run(const u8 *bytes, size_t n);
