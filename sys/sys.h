/* The ring-3 edge as boot/ sees it. */
#pragma once
#include "lib/compiler.h"
/* Sets the hooks that lower layers own, fills /proc, makes process 1's parent. Task context, after
 * initramfs_unpack(). */
void sys_init(void);
/*
 * Starts the program that the boot words name and stays as everybody's last parent until it ends; then the
 * machine ends with its verdict.
 *
 *   run=PATH   the program; quiet: the console is its own. Without it: /init, else /bin/sh.
 *   args=LIST  its arguments after the name: a comma (or %20) separates, %XX is any byte, %2C a comma itself.
 *   env=LIST   its environment, in the same spelling.
 */
noreturn void sys_run_first_program(void);
