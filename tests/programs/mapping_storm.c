/*
 * Eight threads write and check one 256 MiB anonymous mapping page by page, each in an order of its own,
 * while two more map, protect and unmap. A second process looks on: the frames in use afterwards are the
 * frames in use before.
 *
 * @libc glibc musl
 * @mem 512M
 * @output checksums right
 * @output frames in use: the same as before
 */
#include "expect.h"
#include "memory_use.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE    4096u
#define WRITERS 8u
#define MAPPERS 2u

struct storm {
    unsigned char *base;
    uint32_t pages; /* a power of two */
    atomic_bool over;
};
struct worker {
    struct storm *storm;
    uint32_t id;
    uint64_t sum;
};

/* What worker `id` leaves in its own word of page `page`. */
static uint32_t pattern(uint32_t page, uint32_t id)
{
    return page * 2654435761u ^ (id + 1) * 40503u;
}

static volatile uint32_t *word_of(const struct storm *s, uint32_t page, uint32_t id)
{
    return (volatile uint32_t *)(s->base + (size_t)page * PAGE) + id;
}

/* The i-th page of worker `id`: an odd stride is a permutation of a power of two; half of them run backwards.
 */
static uint32_t nth_page(const struct storm *s, uint32_t i, uint32_t id)
{
    uint32_t step = i * (2 * id + 1) * 77u + id * 1000003u;
    return (id % 2 ? ~step : step) & (s->pages - 1);
}

/* Every worker owns one word of every page, so first touches collide and no write may disappear. */
static void *writer(void *arg)
{
    struct worker *w = arg;

    for (uint32_t i = 0; i < w->storm->pages; i++) {
        uint32_t page = nth_page(w->storm, i, w->id);
        volatile uint32_t *word = word_of(w->storm, page, w->id);
        /* Mostly the first touch is a write; a page that was read first makes each CPU flush its zero page.
         */
        uint32_t found = page % 16 == 0 ? *word : 0;
        found |= __atomic_exchange_n(word, pattern(page, w->id), __ATOMIC_RELAXED);
        expect(found == 0, "page %u, worker %u: %#x in fresh memory", page, w->id, found);
    }
    for (uint32_t i = 0; i < w->storm->pages; i++) {
        uint32_t page = nth_page(w->storm, i, w->id + 1), got = *word_of(w->storm, page, w->id);
        expect(got == pattern(page, w->id), "page %u, worker %u: %#x, expected %#x", page, w->id, got,
               pattern(page, w->id));
        w->sum += got;
    }
    return NULL;
}

/* Changes the map next to the writers' memory all the time, and checks its own small mappings. */
static void *mapper(void *arg)
{
    struct worker *w = arg;

    for (uint32_t round = 0; !atomic_load(&w->storm->over); round++) {
        uint32_t pages = 1 + round % 16;
        unsigned char *p =
            mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        expect(p != MAP_FAILED, "mmap of %u pages in round %u", pages, round);
        for (uint32_t i = 0; i < pages; i++)
            p[i * PAGE] = (unsigned char)(round + i);
        expect(mprotect(p, pages * PAGE, PROT_READ) == 0, "mprotect in round %u", round);
        for (uint32_t i = 0; i < pages; i++)
            expect(p[i * PAGE] == (unsigned char)(round + i), "page %u of round %u", i, round);
        expect(munmap(p, pages * PAGE) == 0, "munmap in round %u", round);
        w->sum++;
    }
    return NULL;
}

static uint64_t expected_sum(const struct storm *s, uint32_t id)
{
    uint64_t sum = 0;

    for (uint32_t page = 0; page < s->pages; page++)
        sum += pattern(page, id);
    return sum;
}

/* The whole storm over `bytes` of memory, in the calling process. */
static void run_storm(size_t bytes)
{
    struct storm storm = {.pages = (uint32_t)(bytes / PAGE)};
    struct worker workers[WRITERS + MAPPERS];
    pthread_t threads[WRITERS + MAPPERS];

    storm.base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(storm.base != MAP_FAILED, "mmap of %zu MiB", bytes >> 20);
    for (uint32_t i = 0; i < WRITERS + MAPPERS; i++) {
        workers[i] = (struct worker){.storm = &storm, .id = i};
        expect(pthread_create(&threads[i], NULL, i < WRITERS ? writer : mapper, &workers[i]) == 0,
               "thread %u", i);
    }
    for (uint32_t i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    atomic_store(&storm.over, true);
    for (uint32_t i = WRITERS; i < WRITERS + MAPPERS; i++)
        pthread_join(threads[i], NULL);
    for (uint32_t i = 0; i < WRITERS; i++)
        expect(workers[i].sum == expected_sum(&storm, i), "the sum of worker %u", i);
    printf("%zu MiB: checksums right; %u map changes meanwhile\n", bytes >> 20,
           (unsigned)(workers[WRITERS].sum + workers[WRITERS + 1].sum));
    expect(munmap(storm.base, bytes) == 0, "munmap of all");
}

/* Runs the storm in a child, which takes its memory with it. */
static void storm_in_child(size_t bytes)
{
    int status = 0;
    fflush(stdout);
    pid_t child = fork();

    expect(child >= 0, "fork");
    if (child == 0) {
        run_storm(bytes);
        fflush(stdout);
        _exit(0);
    }
    expect(waitpid(child, &status, 0) == child && status == 0, "the storm's process ended with %#x", status);
}

int main(int argc, char **argv)
{
    size_t bytes = (argc > 1 ? (size_t)atoi(argv[1]) : 256) << 20;

    storm_in_child(4 << 20); /* what this process itself touches on the way is touched now */
    long before = memory_in_use_still();
    storm_in_child(bytes);
    long after = memory_in_use_later(before);
    printf("in use before: %ld KiB, after: %ld KiB\n", before, after);
    expect(after == before, "%ld KiB are missing", after - before);
    printf("frames in use: the same as before\n");
    return 0;
}
