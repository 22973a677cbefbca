/*
 * Measuring the kernel's own operations, in an image that is the product but for this folder
 * (build/bench.iso). Instructions are counted as in bench/bench.h: QEMU's -icount makes one a nanosecond, and
 * RDTSC reads that time.
 */
#pragma once
#include "lib/compiler.h"

/* boot/kmain.c's last step in that image: prints `bench NAME<tab>VALUE` lines and ends the machine. Task
 * context. */
noreturn void bench_main(void);
