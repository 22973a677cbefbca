/*
 * Mixed stress: threads of one process map, unmap, protect, move, drop, fork and fault without end, and know
 * at every moment what each of their pages must hold. `stress SECONDS`; make stress.
 *
 * Each thread has areas of its own (area.h): private and shared anonymous memory, and a private view of a
 * file. A check computes a page's checksum anew. A child of fork checks everything private that its thread
 * had at that moment, overwrites it, checks again, and ends, while the parent goes on writing: neither may
 * see the other's pages. All threads and their children's parents also count up words of pages that they
 * share.
 *
 * The work is done in child processes, some seconds each; after each of them the frames in use must be what
 * they were before.
 */
#define _GNU_SOURCE
#include "../programs/memory_use.h"
#include "area.h"
#include <pthread.h>
#include <sys/wait.h>
#include <time.h>

#define THREADS      6u
#define AREAS        12u
#define COMMON_PAGES 64u
#define SLICE        10u /* seconds between two counts of the frames */

struct worker {
    uint32_t id, dice, common[COMMON_PAGES];
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

static void child_of_fork(struct worker *w)
{
    for (struct area *a = w->areas; a < w->areas + AREAS; a++) {
        if (!a->base || a->kind == SHARED)
            continue;
        area_check_all(a, "child");
        for (uint32_t i = 0; i < a->pages; i += 2)
            area_write(a, i, w->dice + i + 1);
        area_check_all(a, "child, its own");
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
    uint32_t page = below(&w->dice, COMMON_PAGES);
    volatile uint32_t *word = common + page * (PAGE / 4) + w->id;

    expect(*word == w->common[page], "common page %u, worker %u: %u, wanted %u", page, w->id, *word,
           w->common[page]);
    *word = ++w->common[page];
}

static void one_operation(struct worker *w)
{
    struct area *a = &w->areas[below(&w->dice, AREAS)];
    uint32_t what = below(&w->dice, 100);

    count_up(w);
    if (!a->base)
        area_map(a, file, &w->dice);
    else if (what < 45)
        area_write(a, below(&w->dice, a->pages), w->dice | 1);
    else if (what < 70)
        area_check(a, below(&w->dice, a->pages), "owner");
    else if (what < 78)
        area_protect(a, &w->dice);
    else if (what < 85)
        area_drop(a, &w->dice);
    else if (what < 90)
        area_move(a);
    else if (what < 93)
        area_shrink(a, &w->dice);
    else if (what < 98)
        area_unmap(a);
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
        if (a->base)
            area_check_all(a, "at the end");
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
        workers[i] = (struct worker){.id = i, .dice = seed * THREADS + i};
        for (uint32_t n = 0; n < AREAS; n++)
            workers[i].areas[n].worker = i;
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
