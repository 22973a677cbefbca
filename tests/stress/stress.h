/* What the stress program knows of chance, and of pages' contents. */
#pragma once
#include "../programs/expect.h"
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#define PAGE 4096u

static inline uint32_t next_random(uint32_t x)
{
    return x * 1664525u + 1013904223u;
}

static inline uint32_t below(uint32_t *dice, uint32_t n)
{
    *dice = next_random(*dice);
    return (*dice >> 8) % n;
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
