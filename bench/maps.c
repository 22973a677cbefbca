/* Changing the map: one region at a time. */
#define _GNU_SOURCE
#include "bench.h"

#define BIG     (128u << 20)
#define TOUCHED 256u

static volatile char *memory;

static uint64_t map_unmap(unsigned i)
{
    (void)i;
    return COUNT(munmap((void *)fresh(BIG), BIG));
}

static uint64_t map_touch_unmap(unsigned i)
{
    (void)i;
    volatile char *p;
    return COUNT(p = fresh(PAGE); p[0] = 1; munmap((void *)p, PAGE));
}

static uint64_t unmap_touched(unsigned i)
{
    (void)i;
    volatile char *p = fresh(TOUCHED * PAGE);
    int failed = 0;

    for (unsigned k = 0; k < TOUCHED; k++)
        p[k * PAGE] = 1;
    uint64_t n = COUNT(failed = munmap((void *)p, TOUCHED * PAGE));
    need(failed == 0);
    return n / TOUCHED;
}

static void prepare_three(void)
{
    memory = fresh(3 * PAGE);
    for (unsigned k = 0; k < 3; k++)
        memory[k * PAGE] = 1;
}

/* The middle page of three: the region splits and merges again. */
static uint64_t protect_pair(unsigned i)
{
    (void)i;
    void *page = (void *)(memory + PAGE);
    int failed = 0;
    uint64_t n =
        COUNT(failed = mprotect(page, PAGE, PROT_READ) | mprotect(page, PAGE, PROT_READ | PROT_WRITE));
    need(failed == 0);
    return n;
}

static uint64_t brk_pair(unsigned i)
{
    (void)i;
    void *grown = NULL, *shrunk = NULL;
    uint64_t n = COUNT(grown = sbrk(PAGE); shrunk = sbrk(-(intptr_t)PAGE));
    need(grown != (void *)-1 && shrunk != (void *)-1);
    return n;
}

static uint64_t remap_touched(unsigned i)
{
    (void)i;
    volatile char *from = fresh(1024 * PAGE), *to = fresh(1024 * PAGE);
    void *moved = NULL;

    for (unsigned k = 0; k < 1024; k++)
        from[k * PAGE] = 1;
    uint64_t n =
        COUNT(moved = mremap((void *)from, 1024 * PAGE, 1024 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to));
    need(moved == (void *)to);
    munmap(moved, 1024 * PAGE);
    return n / 1024;
}

BENCH_ROWS({"mmap+munmap 128 MiB untouched", NULL, map_unmap, 0},
           {"munmap of touched memory, per page", NULL, unmap_touched, 31},
           {"mmap+touch+munmap, 1 page", NULL, map_touch_unmap, 0},
           {"mprotect 1 page, pair", prepare_three, protect_pair, 0},
           {"brk +-1 page, pair", NULL, brk_pair, 0},
           {"mremap move, per touched page", NULL, remap_touched, 11})
