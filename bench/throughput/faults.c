/*
 * How many faults a second threads of one process get done, and how long a mmap() waits beside them. The same
 * static program runs on Faultline and, as /init, on Linux (make bench-linux).
 *
 *     faults THREADS ROUNDS [init]
 *
 * Each thread has 64 MiB of its own, whole page tables, and touches each of their pages once a round. A
 * round is measured up to the end of the thread that is done first, by what all of them have touched by then:
 * from there on not all of them run, and a host with fewer processors than the machine, which gives each
 * virtual CPU some milliseconds in turn, would leave one of its own idle. For the same reason a round lasts
 * many such turns. Taking the pages away again is not counted. `mapped` is the same with no fault in it, the
 * pages being there: what the host makes of so many virtual CPUs, whatever the kernel does.
 * Prints, a line each: `rate KIND FAULTS_PER_SECOND` (the median round) and `wait LONGEST_US
 * MMAPS_PER_SECOND`, then `end`.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <time.h>
#include <unistd.h>

#define PAGE        4096u
#define REGION      (64u << 20)
#define PAGES       (REGION / PAGE)
#define TABLE       (4u << 20)
#define AGAIN       64u /* passes: a touch without a fault takes a hundredth of one with it */
#define MAX_THREADS 16u
#define MAX_ROUNDS  1000u

static unsigned threads, rounds;
static char *memory; /* threads * REGION, aligned to a page table */
static pthread_barrier_t begin, end;
static unsigned passes; /* over the region, in a round */
static atomic_bool over;
static struct {
    _Alignas(64) atomic_uint pages; /* touched in this round: a cache line a thread */
} progress[MAX_THREADS];
static atomic_bool is_done; /* one of them */
static struct {
    uint64_t start, end, pages;
} measured;          /* this round */
static bool as_init; /* the machine's first process: when it is done, the machine is */

static void leave(int status)
{
    fflush(stdout);
    if (as_init) {
        sync();
        reboot(RB_POWER_OFF);
    }
    exit(status);
}

static void need(bool good, const char *what)
{
    if (good)
        return;
    printf("failed: %s\n", what);
    leave(1);
}

/* Linux starts us with no file open when the initramfs has no /dev/console. */
static void become_init(void)
{
    int console;

    mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
    console = open("/dev/console", O_RDWR);
    for (int fd = 0; fd < 3 && console >= 0; fd++)
        dup2(console, fd);
}

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void first_is_done(void)
{
    measured.end = now_ns();
    measured.pages = 0;
    for (unsigned i = 0; i < threads; i++)
        measured.pages += atomic_load_explicit(&progress[i].pages, memory_order_relaxed);
}

static void *toucher(void *arg)
{
    volatile char *mine = memory + (uintptr_t)arg * REGION;
    atomic_uint *touched = &progress[(uintptr_t)arg].pages;

    for (;;) {
        pthread_barrier_wait(&begin);
        if (over)
            return NULL;
        for (unsigned i = 0; i < passes * PAGES; i++) {
            mine[i % PAGES * PAGE] = 1;
            atomic_store_explicit(touched, i + 1, memory_order_relaxed);
        }
        if (!atomic_exchange(&is_done, true))
            first_is_done();
        pthread_barrier_wait(&end);
    }
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* One round: faults a second. The threads wait at the barrier before and after it. */
static uint64_t touch_round(void)
{
    for (unsigned i = 0; i < threads; i++)
        progress[i].pages = 0;
    is_done = false;
    measured.start = now_ns();
    pthread_barrier_wait(&begin);
    pthread_barrier_wait(&end);
    return measured.pages * 1000000000u / (measured.end - measured.start);
}

static void map_all(int flags, int file)
{
    need(mmap(memory, threads * REGION, PROT_READ | PROT_WRITE, flags | MAP_FIXED, file, 0) == memory,
         "mmap");
}

/* The median round's touches a second. `file` < 0: anonymous memory. `again`: of pages that are there. */
static uint64_t touch_rounds(int flags, int file, bool again)
{
    static uint64_t rates[MAX_ROUNDS];
    pthread_t task[MAX_THREADS];
    char *all =
        mmap(NULL, threads * REGION + TABLE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    need(all != MAP_FAILED, "reserving memory");
    memory = (char *)(((uintptr_t)all + TABLE - 1) & ~(uintptr_t)(TABLE - 1));
    over = false;
    pthread_barrier_init(&begin, NULL, threads + 1);
    pthread_barrier_init(&end, NULL, threads + 1);
    for (uintptr_t i = 0; i < threads; i++)
        need(pthread_create(&task[i], NULL, toucher, (void *)i) == 0, "starting a thread");
    passes = 1;
    if (again) {
        map_all(flags, file);
        touch_round();
        passes = AGAIN;
    }
    for (unsigned r = 0; r < rounds; r++) {
        if (!again)
            map_all(flags, file);
        rates[r] = touch_round();
    }
    over = true;
    pthread_barrier_wait(&begin);
    for (unsigned i = 0; i < threads; i++)
        pthread_join(task[i], NULL);
    munmap(all, threads * REGION + TABLE);
    qsort(rates, rounds, sizeof *rates, by_size);
    return rates[rounds / 2];
}

static void print_rate(const char *kind, uint64_t rate)
{
    printf("rate %s %llu\n", kind, (unsigned long long)rate);
    fflush(stdout);
}

/* ---- a thread that maps and unmaps one page beside the others ---- */

static uint64_t longest_ns, mmaps;

static void *mapper(void *arg)
{
    atomic_bool *stop = arg;

    while (!*stop) {
        uint64_t start = now_ns();
        void *page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        uint64_t took = now_ns() - start;
        need(page != MAP_FAILED, "mmap beside faults");
        munmap(page, PAGE);
        longest_ns = took > longest_ns ? took : longest_ns;
        mmaps++;
    }
    return NULL;
}

static void measure_wait(void)
{
    static atomic_bool stop;
    pthread_t task;
    uint64_t start = now_ns();

    need(pthread_create(&task, NULL, mapper, &stop) == 0, "starting the mapper");
    touch_rounds(MAP_PRIVATE | MAP_ANONYMOUS, -1, false);
    stop = true;
    pthread_join(task, NULL);
    printf("wait %llu %llu\n", (unsigned long long)(longest_ns / 1000),
           (unsigned long long)(mmaps * 1000000000u / (now_ns() - start)));
}

/* A file in memory with all its pages there. */
static int make_file(void)
{
    static char block[1 << 16];
    int file = open("/faults.data", O_RDWR | O_CREAT | O_TRUNC, 0600);

    need(file >= 0, "creating a file");
    memset(block, 7, sizeof block);
    for (unsigned done = 0; done < threads * REGION; done += sizeof block)
        need(write(file, block, sizeof block) == sizeof block, "writing a file");
    return file;
}

int main(int argc, char **argv)
{
    as_init = argc > 3 && strcmp(argv[argc - 1], "init") == 0;
    if (as_init) { /* Linux puts boot words that it does not know before ours */
        become_init();
        argv += argc - 4;
    }
    threads = argc > 2 ? (unsigned)atoi(argv[1]) : 0;
    rounds = argc > 2 ? (unsigned)atoi(argv[2]) : 0;
    need(threads >= 1 && threads <= MAX_THREADS && rounds >= 1 && rounds <= MAX_ROUNDS,
         "usage: faults THREADS ROUNDS [init]");
    touch_rounds(MAP_PRIVATE | MAP_ANONYMOUS, -1, false); /* the allocator's first round is another one */
    print_rate("mapped", touch_rounds(MAP_PRIVATE | MAP_ANONYMOUS, -1, true));
    print_rate("anonymous", touch_rounds(MAP_PRIVATE | MAP_ANONYMOUS, -1, false));
    measure_wait();
    int file = make_file();
    print_rate("private-file", touch_rounds(MAP_PRIVATE, file, false));
    print_rate("shared-file", touch_rounds(MAP_SHARED, file, false));
    close(file);
    unlink("/faults.data");
    printf("end\n");
    leave(0);
}
