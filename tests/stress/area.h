/*
 * An area of memory, and what may be done to it. Of each page it keeps the seed of what was written there
 * last, so that at every moment it is known what the page must hold.
 */
#pragma once
#include "stress.h"
#include <sys/mman.h>

#define AREA_PAGES 48u /* at most; and those of the file */

enum kind { PRIVATE, SHARED, OF_FILE, KINDS };
struct area {
    unsigned char *base; /* NULL: nothing mapped */
    uint32_t pages, worker;
    enum kind kind;
    uint32_t seed[AREA_PAGES]; /* 0: never written since it was mapped or dropped */
};

/* What page i of the area must hold. */
static inline uint32_t area_wanted(const struct area *a, uint32_t i)
{
    if (a->seed[i])
        return sum_of_seed(a->seed[i]);
    return a->kind == OF_FILE ? sum_of_seed(i + 1) : 0;
}

static inline void area_check(const struct area *a, uint32_t i, const char *who)
{
    uint32_t sum = checksum((uint32_t *)(a->base + i * PAGE));

    expect(sum == area_wanted(a, i), "%s, worker %u, kind %d, page %u at %p: checksum %#x, wanted %#x", who,
           a->worker, a->kind, i, (void *)(a->base + i * PAGE), sum, area_wanted(a, i));
}

static inline void area_check_all(const struct area *a, const char *who)
{
    for (uint32_t i = 0; i < a->pages; i++)
        area_check(a, i, who);
}

static inline void area_write(struct area *a, uint32_t i, uint32_t seed)
{
    fill((uint32_t *)(a->base + i * PAGE), seed);
    a->seed[i] = seed;
}

static inline void area_map(struct area *a, int file, uint32_t *dice)
{
    a->kind = below(dice, KINDS);
    a->pages = 1 + below(dice, AREA_PAGES);
    memset(a->seed, 0, sizeof a->seed);
    int flags = a->kind == PRIVATE  ? MAP_PRIVATE | MAP_ANONYMOUS
                : a->kind == SHARED ? MAP_SHARED | MAP_ANONYMOUS
                                    : MAP_PRIVATE;
    a->base = mmap(NULL, a->pages * PAGE, PROT_READ | PROT_WRITE, flags, a->kind == OF_FILE ? file : -1, 0);
    expect(a->base != MAP_FAILED, "mmap of %u pages", a->pages);
}

static inline void area_unmap(struct area *a)
{
    expect(munmap(a->base, a->pages * PAGE) == 0, "munmap of %u pages", a->pages);
    a->base = NULL;
}

/* Its end goes; what is left must be as it was. */
static inline void area_shrink(struct area *a, uint32_t *dice)
{
    uint32_t pages = 1 + below(dice, a->pages);

    if (pages == a->pages)
        return;
    expect(munmap(a->base + pages * PAGE, (a->pages - pages) * PAGE) == 0, "munmap of an end");
    a->pages = pages;
}

static inline void area_protect(struct area *a, uint32_t *dice)
{
    uint32_t first = below(dice, a->pages), pages = 1 + below(dice, a->pages - first);
    int rights = below(dice, 2) ? PROT_READ : PROT_NONE;

    expect(mprotect(a->base + first * PAGE, pages * PAGE, rights) == 0, "mprotect of %u pages", pages);
    if (rights == PROT_READ)
        area_check(a, first, "read-only");
    expect(mprotect(a->base + first * PAGE, pages * PAGE, PROT_READ | PROT_WRITE) == 0, "mprotect back");
}

static inline void area_move(struct area *a)
{
    void *place = mmap(NULL, a->pages * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    expect(place != MAP_FAILED, "mmap of a place to move to");
    void *moved = mremap(a->base, a->pages * PAGE, a->pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place);
    expect(moved == place, "mremap");
    a->base = moved;
}

/* What is dropped of a private mapping is fresh again; a shared one keeps its pages. */
static inline void area_drop(struct area *a, uint32_t *dice)
{
    uint32_t first = below(dice, a->pages), pages = 1 + below(dice, a->pages - first);

    expect(madvise(a->base + first * PAGE, pages * PAGE, MADV_DONTNEED) == 0, "madvise of %u pages", pages);
    if (a->kind != SHARED)
        memset(a->seed + first, 0, pages * sizeof *a->seed);
    area_check(a, first, "dropped");
}
