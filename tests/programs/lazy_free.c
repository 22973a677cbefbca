/*
 * madvise(2): MADV_FREE, and the hints that go with it. What was given up stays until memory is short; a
 * write takes it back, whoever makes it.
 *
 * @mem 64M
 * @output given up: all is still there
 * @output written again: kept; the others are zeroes
 * @output written by the kernel: kept
 * @output shared with a child: kept until it has gone
 * @output refused where madvise(2) says so
 * @output memory is short: nobody is killed
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include "proc_rows.h"
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>

#define PAGE  4096u
#define PAGES 16

#ifndef MADV_COLD
#define MADV_COLD    20
#define MADV_PAGEOUT 21
#endif

static char *map(size_t n, int prot, int flags)
{
    char *p = mmap(NULL, n, prot, flags | MAP_ANONYMOUS, -1, 0);

    expect(p != MAP_FAILED, "mmap");
    return p;
}

/* Between two pages that may not be touched, so that no neighbour is in its row of smaps. */
static char *filled(void)
{
    char *p = map((PAGES + 2) * PAGE, PROT_NONE, MAP_PRIVATE) + PAGE;

    expect(mprotect(p, PAGES * PAGE, PROT_READ | PROT_WRITE) == 0, "mprotect");
    for (int i = 0; i < PAGES; i++)
        p[i * PAGE] = (char)(i + 1);
    return p;
}

static void give_up(char *p)
{
    expect(madvise(p, PAGES * PAGE, MADV_FREE) == 0, "MADV_FREE");
}

/* What a shortage would do to these pages, now. */
static void take(char *p)
{
    expect(madvise(p, PAGES * PAGE, MADV_PAGEOUT) == 0, "MADV_PAGEOUT");
}

static void stays(void)
{
    char *p = filled();

    take(p); /* not given up: there is nowhere to write them to */
    give_up(p);
    expect(smaps_row(p, "LazyFree:") == PAGES * 4 && smaps_row(p, "Rss:") == PAGES * 4, "%ld, %ld",
           smaps_row(p, "LazyFree:"), smaps_row(p, "Rss:"));
    for (int i = 0; i < PAGES; i++)
        expect(p[i * PAGE] == i + 1, "page %d", i);
    printf("given up: all is still there\n");

    for (int i = 0; i < PAGES; i += 4)
        p[i * PAGE + 1] = 'w';
    expect(smaps_row(p, "LazyFree:") == PAGES * 3, "%ld", smaps_row(p, "LazyFree:"));
    take(p);
    expect(smaps_row(p, "Rss:") == PAGES, "%ld", smaps_row(p, "Rss:"));
    for (int i = 0; i < PAGES; i++) {
        int kept = i % 4 == 0;
        expect(p[i * PAGE] == (kept ? i + 1 : 0) && p[i * PAGE + 1] == (kept ? 'w' : 0), "page %d", i);
    }
    printf("written again: kept; the others are zeroes\n");
}

/* By read(2), by process_vm_writev(2), by /proc/self/mem. */
static void written_by_the_kernel(void)
{
    char *p = filled();
    int ends[2], mem = open("/proc/self/mem", O_RDWR);
    struct iovec mine = {"v", 1}, there = {p + PAGE + 1, 1};

    give_up(p);
    expect(pipe(ends) == 0 && write(ends[1], "r", 1) == 1 && read(ends[0], p + 1, 1) == 1, "read");
    expect(process_vm_writev(getpid(), &mine, 1, &there, 1, 0) == 1, "process_vm_writev");
    expect(mem >= 0 && pwrite(mem, "m", 1, (off_t)(uintptr_t)(p + 2 * PAGE + 1)) == 1, "pwrite");
    take(p);
    expect(p[1] == 'r' && p[PAGE + 1] == 'v' && p[2 * PAGE + 1] == 'm', "%d %d %d", p[1], p[PAGE + 1],
           p[2 * PAGE + 1]);
    expect(p[0] == 1 && p[2 * PAGE] == 3 && p[3 * PAGE] == 0, "%d %d %d", p[0], p[2 * PAGE], p[3 * PAGE]);
    printf("written by the kernel: kept\n");
}

static void shared_with_a_child(void)
{
    char *p = filled(), go;
    int ends[2], status;

    give_up(p);
    expect(pipe(ends) == 0, "pipe");
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        close(ends[1]);
        expect(read(ends[0], &go, 1) == 0, "until the parent has tried");
        for (int i = 0; i < PAGES; i++)
            expect(p[i * PAGE] == i + 1, "page %d of the child", i);
        _exit(0);
    }
    take(p);
    for (int i = 0; i < PAGES; i++)
        expect(p[i * PAGE] == i + 1, "page %d", i);
    close(ends[1]);
    expect(waitpid(child, &status, 0) == child && status == 0, "status %#x", status);
    take(p);
    expect(smaps_row(p, "Rss:") == 0 && p[0] == 0, "%ld", smaps_row(p, "Rss:"));
    printf("shared with a child: kept until it has gone\n");
}

static void refused_with(int error, char *p, size_t n, int advice)
{
    errno = 0;
    expect(madvise(p, n, advice) == -1 && errno == error, "advice %d", advice);
}

static void refusals(void)
{
    char *shared = map(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED), *locked = filled(), *p = filled();
    int fd = open("/proc/self/exe", O_RDONLY);
    char *file = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

    expect(file != MAP_FAILED && mlock(locked, PAGE) == 0, "preparations");
    refused_with(EINVAL, shared, PAGE, MADV_FREE);
    refused_with(EINVAL, file, PAGE, MADV_FREE);
    refused_with(EINVAL, locked, PAGE, MADV_FREE);
    refused_with(EINVAL, locked, PAGE, MADV_COLD);
    refused_with(EINVAL, locked, PAGE, MADV_PAGEOUT);
    refused_with(EINVAL, p + 1, PAGE, MADV_FREE);
    expect(munmap(p + PAGE, PAGE) == 0, "munmap");
    refused_with(ENOMEM, p, 3 * PAGE, MADV_COLD);
    refused_with(ENOMEM, p, 3 * PAGE, MADV_FREE);
    refused_with(ENOMEM, p, 3 * PAGE, MADV_PAGEOUT);
    expect(p[0] == 0 && p[2 * PAGE] == 0, "what was mapped was given up all the same: %d, %d", p[0],
           p[2 * PAGE]);
    expect(madvise(p, PAGE, MADV_COLD) == 0 && madvise(file, PAGE, MADV_PAGEOUT) == 0, "hints");
    printf("refused where madvise(2) says so\n");
}

static long meminfo(const char *row)
{
    const char *at = strstr(proc_read("/proc/meminfo"), row);

    expect(at, "%s", row);
    return atol(at + strlen(row));
}

/* More than is free without what was given up; a third of that is written again and has to be there. */
static void shortage(void)
{
    const size_t given = 16u << 20;
    char *p = map(given, PROT_READ | PROT_WRITE, MAP_PRIVATE);

    memset(p, 'g', given);
    expect(madvise(p, given, MADV_FREE) == 0, "MADV_FREE");
    for (size_t i = 0; i < given; i += 3 * PAGE)
        p[i] = 'w';
    size_t more = (size_t)meminfo("MemFree:") * 1024u + (4u << 20), lost = 0;
    char *q = map(more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE);
    for (size_t i = 0; i < more; i += PAGE)
        q[i] = 'n';
    for (size_t i = 0; i < given; i += PAGE) {
        expect(i % (3 * PAGE) || p[i] == 'w', "written, and lost at %zu", i);
        expect(p[i] == 'w' || p[i] == 'g' || p[i] == 0, "%d at %zu", p[i], i);
        lost += p[i] == 0;
    }
    for (size_t i = 0; i < more; i += PAGE)
        expect(q[i] == 'n', "at %zu", i);
    expect(lost > 0, "nothing was taken");
    printf("memory is short: nobody is killed\n");
}

int main(void)
{
    stays();
    written_by_the_kernel();
    shared_with_a_child();
    refusals();
    shortage();
    return 0;
}
