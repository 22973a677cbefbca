/*
 * Nearly all memory of a 2 GiB machine, most of which is above the direct map, is written and read back by
 * four processes at once; forking touches it a second time, through the kernel's own slots (copy on write).
 *
 * @libc glibc
 * @mem 2G
 * @output every page kept its words
 * @output copied pages are right
 * @output all memory came back
 */
#include "expect.h"
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE      4096u
#define PROCESSES 4u
#define KEEP_KB   (48u << 10) /* left for page tables, the program, and the kernel's reserves */
#define COW_PAGES 4096u
#define SLACK_KB  4096u /* what the kernel may keep in stocks after the first big run */

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

/* Writes its share, says so, waits until all have (the pipe closes), reads it back. */
static void hold_share(uint32_t pages, uint32_t id, int ready, int go)
{
    uint32_t *base = map_pages(pages);
    char byte = 0;

    write_words(base, pages, id);
    expect(write(ready, "x", 1) == 1, "ready");
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
    char byte;

    expect(pipe(ready) == 0 && pipe(go) == 0, "pipes");
    for (uint32_t id = 0; id < PROCESSES; id++) {
        pid_t child = fork();
        expect(child >= 0, "fork");
        if (child == 0) {
            close(go[1]);
            hold_share(pages_each, id, ready[1], go[0]);
        }
    }
    for (uint32_t id = 0; id < PROCESSES; id++)
        expect(read(ready[0], &byte, 1) == 1, "a child died");
    printf("%lu KiB were free, %lu are while all is in use\n", (unsigned long)pages_each * PROCESSES * 4,
           meminfo("MemFree"));
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
