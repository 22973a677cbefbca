/* What the host's runner sees of the simulated machine. */
#pragma once
#include "lib/compiler.h"

/* Boots `cpus` virtual CPUs with these boot words, and runs main_task as the first task of CPU 0. Returns to
 * the host when that calls machine_pause(); machine_run() continues it. Everything up to there is the same in
 * every run. */
void sim_boot(u32 cpus, const char *words, void (*main_task)(void *));
/* From the main task: waits until every other CPU idles. */
void sim_settle(void);
/* arch/sim/pgtable.c's part of the boot. */
void pgtable_boot(void);
