/* Faults on file memory whose pages are in the page cache, and reading without mapping. */
#include "bench.h"
#include <fcntl.h>

#define PAGES  128u
#define AROUND 16u /* Linux maps so many at once */

static volatile char *memory;
static int file;

static void prepare(int prot, int flags)
{
    static char buffer[PAGE];

    file = open("/bench.data", O_RDWR);
    need(file >= 0);
    while (read(file, buffer, sizeof buffer) > 0) {
    }
    void *p = mmap(NULL, PAGES * PAGE, prot, flags, file, 0);
    need(p != MAP_FAILED);
    memory = p;
}
static void prepare_read(void)
{
    prepare(PROT_READ, MAP_PRIVATE);
}
static void prepare_random(void)
{
    prepare(PROT_READ, MAP_PRIVATE);
    madvise((void *)memory, PAGES * PAGE,
            MADV_RANDOM); /* a hint: one page a fault, where the kernel does more */
}
static void prepare_private(void)
{
    prepare(PROT_READ | PROT_WRITE, MAP_PRIVATE);
}
static void prepare_shared(void)
{
    prepare(PROT_READ | PROT_WRITE, MAP_SHARED);
}

static uint64_t read_around(unsigned i)
{
    volatile char *p = memory + i * AROUND * PAGE;
    return COUNT(for (unsigned k = 0; k < AROUND; k++)(void) p[k * PAGE]) / AROUND;
}
static uint64_t read_one(unsigned i)
{
    return COUNT((void)memory[i * PAGE]);
}
static uint64_t write_one(unsigned i)
{
    return COUNT(memory[i * PAGE] = 1);
}

static uint64_t read_cached(unsigned i)
{
    static char buffer[PAGE];
    ssize_t n = 0;
    uint64_t count = COUNT(n = pread(file, buffer, PAGE, (off_t)(i % PAGES) * PAGE));
    need(n == PAGE);
    return count;
}

BENCH_ROWS({"file read fault, page cached, with fault-around, per page", prepare_read, read_around,
            PAGES / AROUND},
           {"file read fault, page cached, one page", prepare_random, read_one, PAGES},
           {"file private write (COW)", prepare_private, write_one, PAGES},
           {"file shared write", prepare_shared, write_one, PAGES},
           {"pread 4 KiB cached", prepare_read, read_cached, 0})
