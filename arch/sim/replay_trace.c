/*
 * A replay's trace: the kernel's own rings, in memory of the host's, saved as the RAM file that tools/trace
 * reads. Whether events are written or not changes nothing in the schedule: their writers have no choice
 * points here, and virtual time does not pass in them.
 */
#define _GNU_SOURCE
#include "arch/sim/explore_private.h"
#include "diag/trace_control.h"
#include "diag/trace_internal.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define REGION (16u << 20)

static void *region;
/* The program's text and data: the names that events point to lie there, and follow the region in the file.
 */
extern char __executable_start[], edata[];

void replay_trace_start(void)
{
    region = mmap(NULL, REGION, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (region == MAP_FAILED) {
        perror("the trace rings");
        exit(2);
    }
    trace_init(region, REGION);
    trace_start();
    trace_control("all");
    trace_region->texts_vaddr = (u32)(uintptr_t)__executable_start;
    trace_region->texts_paddr = REGION;
    trace_region->texts_bytes = (u32)(edata - __executable_start);
}

void replay_trace_save(const char *path)
{
    FILE *file = fopen(path, "wb");

    if (!file || fwrite(region, 1, REGION, file) != REGION ||
        fwrite(__executable_start, 1, (size_t)(edata - __executable_start), file) == 0 || fclose(file)) {
        perror(path);
        exit(2);
    }
}
