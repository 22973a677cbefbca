/*
 * Mixed stress: threads of one process map, unmap, protect, move, drop, fork and fault without end, and know
 * at every moment what each of their pages must hold. `stress SECONDS`; make stress.
 *
 * Each thread has areas of its own: private and shared anonymous memory, and a private view of a file. Of
 * each page it keeps the seed of what it wrote there last; a check computes the page's checksum anew. A child
 * of fork checks everything private that its thread had at that moment, overwrites it, checks again, and
 * ends, while the parent goes on writing: neither may see the other's pages. All threads and their children's
 * parents also count up words of pages that they share.
 *
 * The work is done in child processes, some seconds each; after each of them the frames in use must be what
 * they were before.
 */
#define _GNU_SOURCE
#include "stress.h"
#include "../programs/memory_use.h"
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS      6u
#define AREAS        12u
#define AREA_PAGES   48u
#define COMMON_PAGES 64u
#define SLICE        10u /* seconds between two counts of the frames */

enum kind { PRIVATE, SHARED, OF_FILE, KINDS };
struct area {
    unsigned char *base; /* NULL: nothing mapped */
    uint32_t pages;
    enum kind kind;
    uint32_t seed[AREA_PAGES]; /* 0: never written since it was mapped or dropped */
};
struct worker {
    uint32_t id, random, common[COMMON_PAGES];
    uint64_t operations;
    pid_t child;
    struct area areas[AREAS];
};

static int file;
static volatile uint32_t *common; /* COMMON_PAGES pages, a word of each for each worker */
static uint64_t deadline;

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint32_t below(struct worker *w, uint32_t n)
{
    w->random = next_random(w->random);
    return (w->random >> 8) % n;
}

/* What page i of the area must hold. */
static uint32_t wanted(const struct area *a, uint32_t i)
{
    if (a->seed[i])
        return sum_of_seed(a->seed[i]);
    return a->kind == OF_FILE ? sum_of_seed(i + 1) : 0;
}

static void check_page(const struct worker *w, const struct area *a, uint32_t i, const char *who)
{
    uint32_t sum = checksum((uint32_t *)(a->base + i * PAGE));

    expect(sum == wanted(a, i), "%s, worker %u, kind %d, page %u at %p: checksum %#x, wanted %#x", who, w->id,
           a->kind, i, (void *)(a->base + i * PAGE), sum, wanted(a, i));
}

static void write_page(struct area *a, uint32_t i, uint32_t seed)
{
    fill((uint32_t *)(a->base + i * PAGE), seed);
    a->seed[i] = seed;
}

static void map_area(struct worker *w, struct area *a)
{
    a->kind = below(w, KINDS);
    a->pages = 1 + below(w, AREA_PAGES);
    memset(a->seed, 0, sizeof a->seed);
    int flags = a->kind == PRIVATE  ? MAP_PRIVATE | MAP_ANONYMOUS
                : a->kind == SHARED ? MAP_SHARED | MAP_ANONYMOUS
                                    : MAP_PRIVATE;
    a->base = mmap(NULL, a->pages * PAGE, PROT_READ | PROT_WRITE, flags, a->kind == OF_FILE ? file : -1, 0);
    expect(a->base != MAP_FAILED, "mmap of %u pages", a->pages);
}

static void unmap_area(struct area *a)
{
    expect(munmap(a->base, a->pages * PAGE) == 0, "munmap of %u pages", a->pages);
    a->base = NULL;
}

/* Its end goes; what is left must be as it was. */
static void shrink_area(struct worker *w, struct area *a)
{
    uint32_t pages = 1 + below(w, a->pages);

    if (pages == a->pages)
        return;
    expect(munmap(a->base + pages * PAGE, (a->pages - pages) * PAGE) == 0, "munmap of an end");
    a->pages = pages;
}

static void protect_area(struct worker *w, struct area *a)
{
    uint32_t first = below(w, a->pages), pages = 1 + below(w, a->pages - first);
    int rights = below(w, 2) ? PROT_READ : PROT_NONE;

    expect(mprotect(a->base + first * PAGE, pages * PAGE, rights) == 0, "mprotect of %u pages", pages);
    if (rights == PROT_READ)
        check_page(w, a, first, "read-only");
    expect(mprotect(a->base + first * PAGE, pages * PAGE, PROT_READ | PROT_WRITE) == 0, "mprotect back");
}

static void move_area(struct area *a)
{
    void *place = mmap(NULL, a->pages * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    expect(place != MAP_FAILED, "mmap of a place to move to");
    void *moved = mremap(a->base, a->pages * PAGE, a->pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place);
    expect(moved == place, "mremap");
    a->base = moved;
}

/* What is dropped of a private mapping is fresh again; a shared one keeps its pages. */
static void drop_pages(struct worker *w, struct area *a)
{
    uint32_t first = below(w, a->pages), pages = 1 + below(w, a->pages - first);

    expect(madvise(a->base + first * PAGE, pages * PAGE, MADV_DONTNEED) == 0, "madvise of %u pages", pages);
    if (a->kind != SHARED)
        memset(a->seed + first, 0, pages * sizeof *a->seed);
    check_page(w, a, first, "dropped");
}

static void child_of_fork(struct worker *w)
{
    for (struct area *a = w->areas; a < w->areas + AREAS; a++) {
        if (!a->base || a->kind == SHARED)
            continue;
        for (uint32_t i = 0; i < a->pages; i++)
            check_page(w, a, i, "child");
        for (uint32_t i = 0; i < a->pages; i += 2)
            write_page(a, i, w->random + i + 1);
        for (uint32_t i = 0; i < a->pages; i++)
            check_page(w, a, i, "child, its own");
    }
    _exit(0);
}

static void join_child(struct worker *w)
{
    int status = 0;

    if (w->child == 0)
        return;
    expect(waitpid(w->child, &status, 0) == w->child && status == 0, "a child ended with %#x", status);
    w->child = 0;
}

static void fork_child(struct worker *w)
{
    join_child(w);
    w->child = fork();
    expect(w->child >= 0, "fork");
    if (w->child == 0)
        child_of_fork(w);
}

static void count_up(struct worker *w)
{
    uint32_t page = below(w, COMMON_PAGES);
    volatile uint32_t *word = common + page * (PAGE / 4) + w->id;

    expect(*word == w->common[page], "common page %u, worker %u: %u, wanted %u", page, w->id, *word,
           w->common[page]);
    *word = ++w->common[page];
}

static void one_operation(struct worker *w)
{
    struct area *a = &w->areas[below(w, AREAS)];
    uint32_t what = below(w, 100);

    count_up(w);
    if (!a->base)
        map_area(w, a);
    else if (what < 45)
        write_page(a, below(w, a->pages), w->random | 1);
    else if (what < 70)
        check_page(w, a, below(w, a->pages), "owner");
    else if (what < 78)
        protect_area(w, a);
    else if (what < 85)
        drop_pages(w, a);
    else if (what < 90)
        move_area(a);
    else if (what < 93)
        shrink_area(w, a);
    else if (what < 98)
        unmap_area(a);
    else
        fork_child(w);
}

static void *work(void *arg)
{
    struct worker *w = arg;

    while (now_ns() < deadline) {
        for (int i = 0; i < 64; i++)
            one_operation(w);
        w->operations += 64;
    }
    join_child(w);
    for (struct area *a = w->areas; a < w->areas + AREAS; a++)
        for (uint32_t i = 0; a->base && i < a->pages; i++)
            check_page(w, a, i, "at the end");
    return NULL;
}

/* A slice of the stress, in a process of its own. */
static void run_slice(uint32_t seconds, uint32_t seed)
{
    static struct worker workers[THREADS];
    pthread_t threads[THREADS];
    uint64_t operations = 0;

    common = mmap(NULL, COMMON_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(common != MAP_FAILED, "mmap of the common pages");
    deadline = now_ns() + seconds * 1000000000ull;
    for (uint32_t i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.id = i, .random = seed * THREADS + i};
        expect(pthread_create(&threads[i], NULL, work, &workers[i]) == 0, "thread %u", i);
    }
    for (uint32_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        operations += workers[i].operations;
    }
    printf("slice %u: %llu operations\n", seed, (unsigned long long)operations);
    fflush(stdout);
}

static void slice_in_child(uint32_t seconds, uint32_t seed)
{
    int status = 0;
    pid_t child = fork();

    expect(child >= 0, "fork of a slice");
    if (child == 0) {
        run_slice(seconds, seed);
        _exit(0);
    }
    expect(waitpid(child, &status, 0) == child && status == 0, "slice %u ended with %#x", seed, status);
}

int main(int argc, char **argv)
{
    uint32_t seconds = argc > 1 ? (uint32_t)atoi(argv[1]) : 0, done = 0, slices = 0;

    expect(seconds >= 1, "usage: stress SECONDS");
    file = make_file("/tmp/stress.data", AREA_PAGES);
    slice_in_child(1, 0); /* what this process itself touches on the way is touched now */
    long before = memory_in_use_still();
    while (done < seconds) {
        uint32_t slice = seconds - done < SLICE ? seconds - done : SLICE;
        slice_in_child(slice, ++slices);
        done += slice;
        long after = memory_in_use_later(before);
        expect(after == before, "%ld KiB are missing after slice %u", after - before, slices);
    }
    unlink("/tmp/stress.data");
    printf("stress: %u s, every checksum right, no frame lost\n", seconds);
    return 0;
}
