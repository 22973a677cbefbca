/*
 * Each branch of the fault handler, taken once and counted: /proc/vmstat must rise by exactly as many as were
 * made.
 *
 * @files tests/programs/expect.h
 * @cpus 1
 * @output pgfault_anon +8
 * @output pgfault_zero +8
 * @output pgfault_cow +4
 * @output all branches counted
 */
#include "expect.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096

/* One counter of /proc/vmstat, read without touching fresh memory in between. */
static long counter(const char *name)
{
    static char text[8192];
    int file = open("/proc/vmstat", O_RDONLY);
    size_t used = 0;

    expect(file >= 0, "/proc/vmstat");
    for (ssize_t n; (n = read(file, text + used, sizeof text - 1 - used)) > 0;)
        used += (size_t)n;
    close(file);
    text[used] = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ' ')
            return atol(line + strlen(name));
    expect(0, "no counter %s", name);
    return 0;
}

static char *map(int pages)
{
    char *p = mmap(NULL, (size_t)pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(p != MAP_FAILED, "mmap");
    return p;
}

static void write_pages(volatile char *p, int pages)
{
    for (int i = 0; i < pages; i++)
        p[i * PAGE] = 1;
}

static void read_pages(volatile char *p, int pages)
{
    for (int i = 0; i < pages; i++)
        (void)p[i * PAGE];
}

/* Runs `work` and says by how much the counter rose. */
static void count(const char *name, void (*work)(volatile char *, int), char *p, int pages)
{
    counter(name); /* brings in every page that the reading itself needs */
    long before = counter(name);
    work(p, pages);
    long rose = counter(name) - before;
    printf("%s +%ld\n", name, rose);
    expect(rose == pages, "%s rose by %ld for %d pages", name, rose, pages);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    char *fresh = map(8), *zeroes = map(8), *copied = map(4);

    count("pgfault_anon", write_pages, fresh, 8);
    count("pgfault_zero", read_pages, zeroes, 8);
    write_pages(copied, 4);
    int ends[2], status;
    expect(pipe(ends) == 0, "pipe");
    pid_t child = fork();
    if (child == 0) { /* keeps its half of the shared pages until told */
        char byte;
        close(ends[1]);
        _exit(read(ends[0], &byte, 1) != 0);
    }
    count("pgfault_cow", write_pages, copied, 4);
    close(ends[1]);
    expect(waitpid(child, &status, 0) == child && status == 0, "child: %#x", status);
    printf("all branches counted\n");
    return 0;
}
