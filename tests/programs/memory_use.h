/* The frames in use, for programs that must leave as many as they found. */
#pragma once
#include "expect.h"
#include <unistd.h>

/* KiB in nobody's cache and not free: what user memory, page tables and files have. The kernel may keep slabs
 * and dead stacks for the next burst (Slab, VmallocUsed); of user memory nothing may stay behind. */
static inline long memory_in_use(void)
{
    char line[128];
    long total = -1, unused = -1, slab = -1, window = -1;
    FILE *info = fopen("/proc/meminfo", "r");

    expect(info != NULL, "/proc/meminfo");
    while (fgets(line, sizeof line, info)) {
        sscanf(line, "MemTotal: %ld kB", &total);
        sscanf(line, "MemFree: %ld kB", &unused);
        sscanf(line, "Slab: %ld kB", &slab);
        sscanf(line, "VmallocUsed: %ld kB", &window);
    }
    fclose(info);
    expect(total > 0 && unused > 0 && slab > 0 && window > 0, "a line of /proc/meminfo is missing");
    return total - unused - slab - window;
}

/* Once it has not changed for a while: a task's last frames go a moment after its parent hears. */
static inline long memory_in_use_still(void)
{
    long before = memory_in_use();

    for (int same = 0; same < 25;) {
        usleep(20000);
        long now = memory_in_use();
        same = now == before ? same + 1 : 0;
        before = now;
    }
    return before;
}

/* The same once it is `wanted`, or after some seconds. */
static inline long memory_in_use_later(long wanted)
{
    long now = memory_in_use();

    for (int i = 0; i < 500 && now != wanted; i++) {
        usleep(20000);
        now = memory_in_use();
    }
    return now;
}
