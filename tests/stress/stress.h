/* What the stress program knows of pages' contents and of the frames in use. */
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE 4096u

/* Ends the program with the sentence; any thread, any child. */
#define expect(cond, ...)                                                                                    \
    do {                                                                                                     \
        if (!(cond)) {                                                                                       \
            int error_ = errno;                                                                              \
            printf("stress: %s does not hold: ", #cond);                                                     \
            printf(__VA_ARGS__);                                                                             \
            printf(" (%s)\n", strerror(error_));                                                             \
            fflush(stdout);                                                                                  \
            _exit(1);                                                                                        \
        }                                                                                                    \
    } while (0)

static inline uint32_t next_random(uint32_t x)
{
    return x * 1664525u + 1013904223u;
}

/* Depends on the place of every word; 0 for a page of zeroes. */
static inline uint32_t checksum(const volatile uint32_t *page)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < PAGE / 4; i++)
        sum = (sum << 1 | sum >> 31) ^ page[i];
    return sum;
}

/* Every 16th word of the page: the rest stays zero, so that a page is not all the time there is. */
static inline void fill(volatile uint32_t *page, uint32_t seed)
{
    for (uint32_t i = 0; i < PAGE / 4; i += 16)
        page[i] = seed = next_random(seed);
}

static inline uint32_t sum_of_seed(uint32_t seed)
{
    uint32_t page[PAGE / 4] = {0};

    fill(page, seed);
    return checksum(page);
}

/* Page i of the file holds what seed i + 1 gives. */
static inline int make_file(const char *path, uint32_t pages)
{
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

    expect(file >= 0, "creating %s", path);
    for (uint32_t i = 0; i < pages; i++) {
        uint32_t page[PAGE / 4] = {0};
        fill(page, i + 1);
        expect(write(file, page, PAGE) == PAGE, "writing %s", path);
    }
    return file;
}

/* KiB that user memory, page tables and files have: the kernel may keep slabs and stacks for the next burst.
 */
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
