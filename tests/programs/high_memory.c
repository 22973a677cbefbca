/*
 * Nearly all memory of a 3 GiB machine, most of which is above the direct map, is written and read back by
 * four processes at once, and all frames above it are among what they have (/proc/self/pagemap tells which);
 * forking touches it a second time, through the kernel's own slots (copy on write).
 *
 * @libc glibc
 * @mem 3G
 * @output frames above 768 MiB
 * @output every page kept its words
 * @output copied pages are right
 * @output all memory came back
 */
#include "expect.h"
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE      4096u
#define PROCESSES 4u
#define KEEP_KB   (48u << 10) /* left for page tables, the program, and the kernel's reserves */
#define COW_PAGES 4096u
#define SLACK_KB  4096u        /* what the kernel may keep in stocks, during and after the first big run */
#define DIRECT    (768u << 20) /* the kernel's direct map ends here */

/* A line of /proc/meminfo in KiB; 0 when it is not there. */
static unsigned long meminfo(const char *name)
{
    FILE *file = fopen("/proc/meminfo", "r");
    char line[128];
    unsigned long value = 0;

    expect(file != NULL, "/proc/meminfo");
    while (fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':')
            value = strtoul(line + strlen(name) + 1, NULL, 10);
    fclose(file);
    return value;
}

static uint32_t word_of(uint32_t page, uint32_t id)
{
    return (page * 2654435761u) ^ (id * 40503u + 1);
}

static uint32_t *map_pages(uint32_t pages)
{
    void *base = mmap(NULL, (size_t)pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(base != MAP_FAILED, "%u pages", pages);
    return base;
}

static void write_words(uint32_t *base, uint32_t pages, uint32_t id)
{
    for (uint32_t page = 0; page < pages; page++) {
        base[page * (PAGE / 4)] = word_of(page, id);
        base[page * (PAGE / 4) + PAGE / 4 - 1] = ~word_of(page, id);
    }
}

/* The first and the last word, and that the kernel cleared one between them. */
static void check_words(const uint32_t *base, uint32_t pages, uint32_t id)
{
    for (uint32_t page = 0; page < pages; page++) {
        const uint32_t *words = base + page * (PAGE / 4);
        expect(words[0] == word_of(page, id) && words[PAGE / 4 - 1] == ~word_of(page, id) && words[77] == 0,
               "page %u of process %u", page, id);
    }
}

/* How many of the pages stand on frames above the direct map. */
static uint32_t count_high(const uint32_t *base, uint32_t pages)
{
    static uint64_t entry[512];
    int map = open("/proc/self/pagemap", O_RDONLY);
    uint32_t high = 0;

    expect(map >= 0, "/proc/self/pagemap");
    for (uint32_t page = 0; page < pages; page += 512) {
        uint32_t n = pages - page < 512 ? pages - page : 512;
        off_t at = ((uintptr_t)base / PAGE + page) * sizeof entry[0];
        expect(pread(map, entry, n * sizeof entry[0], at) == (ssize_t)(n * sizeof entry[0]), "page %u", page);
        for (uint32_t i = 0; i < n; i++) {
            expect(entry[i] >> 63, "page %u is not there", page + i);
            high += (entry[i] & ((1ull << 55) - 1)) >= DIRECT / PAGE;
        }
    }
    close(map);
    return high;
}

/* Writes its share, says how much of it is above the direct map, waits until all have (the pipe closes),
 * reads it back. */
static void hold_share(uint32_t pages, uint32_t id, int ready, int go)
{
    uint32_t *base = map_pages(pages);
    char byte = 0;

    write_words(base, pages, id);
    uint32_t high = count_high(base, pages);
    expect(write(ready, &high, sizeof high) == sizeof high, "ready");
    expect(read(go, &byte, 1) == 0, "go");
    check_words(base, pages, id);
    _exit(0);
}

static void wait_all(unsigned children)
{
    for (unsigned i = 0; i < children; i++) {
        int status;
        expect(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0, "child status %#x",
               status);
    }
}

static void fill_memory(uint32_t pages_each)
{
    int ready[2], go[2];
    unsigned long high_before = meminfo("HighFree");
    uint32_t high = 0;

    expect(pipe(ready) == 0 && pipe(go) == 0, "pipes");
    for (uint32_t id = 0; id < PROCESSES; id++) {
        pid_t child = fork();
        expect(child >= 0, "fork");
        if (child == 0) {
            close(go[1]);
            hold_share(pages_each, id, ready[1], go[0]);
        }
    }
    for (uint32_t id = 0; id < PROCESSES; id++) {
        uint32_t n;
        expect(read(ready[0], &n, sizeof n) == sizeof n, "a child died");
        high += n;
    }
    printf("%u frames are in use by programs, %lu KiB are free\n", pages_each * PROCESSES,
           meminfo("MemFree"));
    printf("%u of them are frames above 768 MiB, of which %lu KiB were free and %lu are\n", high, high_before,
           meminfo("HighFree"));
    expect(high * 4ul + SLACK_KB >= high_before, "only %u frames above the direct map were had", high);
    close(go[1]);
    wait_all(PROCESSES);
    close(go[0]);
    close(ready[0]);
    close(ready[1]);
}

/* Both sides write after the fork, so the kernel copies between frames that only its slots reach. */
static void copy_on_write(void)
{
    uint32_t *base = map_pages(COW_PAGES);

    write_words(base, COW_PAGES, 9);
    pid_t child = fork();
    expect(child >= 0, "fork");
    for (uint32_t page = 0; page < COW_PAGES; page++)
        base[page * (PAGE / 4) + 5] = (uint32_t)(child != 0);
    check_words(base, COW_PAGES, 9);
    for (uint32_t page = 0; page < COW_PAGES; page++)
        expect(base[page * (PAGE / 4) + 5] == (uint32_t)(child != 0), "page %u is not its own", page);
    if (child == 0)
        _exit(0);
    wait_all(1);
    munmap(base, (size_t)COW_PAGES * PAGE);
}

int main(void)
{
    unsigned long before = meminfo("MemFree");

    expect(before > 2 * KEEP_KB, "only %lu KiB are free", before);
    fill_memory((before - KEEP_KB) / 4 / PROCESSES);
    printf("every page kept its words\n");
    copy_on_write();
    printf("copied pages are right\n");
    unsigned long after = meminfo("MemFree");
    expect(after + SLACK_KB >= before, "%lu KiB free before, %lu after", before, after);
    printf("all memory came back\n");
    return 0;
}
