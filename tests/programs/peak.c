/*
 * VmHWM and ru_maxrss: the most memory that there ever was, to the page, whichever way it went and though
 * nobody looked while it was there.
 *
 * @output munmap: 300 pages more
 * @output madvise: 400 pages more
 * @output mremap: 500 pages more
 * @output brk: 600 pages more
 * @output truncate: 700 pages more
 * @output a child begins anew
 * @output four threads: no less than the most of one, no more than of all
 */
#define _GNU_SOURCE
#include "proc_rows.h"
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define PAGE    4096u
#define THREADS 4
#define TURNS   50
#define EACH    64 /* pages */

static char *map(size_t pages, int fd)
{
    char *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
                   fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, fd, 0);

    expect(p != MAP_FAILED, "mmap");
    return p;
}

static char *touch(char *p, size_t pages)
{
    for (size_t i = 0; i < pages; i++)
        p[i * PAGE] = 1;
    return p;
}

static void by_munmap(size_t pages)
{
    char *p = touch(map(pages, -1), pages);

    expect(munmap(p, pages * PAGE) == 0, "munmap");
}
static void by_madvise(size_t pages)
{
    char *p = touch(map(pages, -1), pages);

    expect(madvise(p, pages * PAGE, MADV_DONTNEED) == 0, "madvise");
    munmap(p, pages * PAGE);
}
static void by_mremap(size_t pages)
{
    char *p = touch(map(pages, -1), pages);

    expect(mremap(p, pages * PAGE, PAGE, 0) == p, "mremap");
    munmap(p, PAGE);
}
static void by_brk(size_t pages)
{
    char *p = sbrk(0);

    p += (PAGE - (uintptr_t)p % PAGE) % PAGE;
    expect(brk(p + pages * PAGE) == 0, "brk");
    touch(p, pages);
    expect(brk(p) == 0, "brk");
}
/* The pages of the table change nobody's count but their own space's. */
static void by_truncate(size_t pages)
{
    int fd = memfd_create("peak", 0);

    expect(ftruncate(fd, (off_t)(pages * PAGE)) == 0, "ftruncate");
    char *p = touch(map(pages, fd), pages);
    expect(ftruncate(fd, 0) == 0, "ftruncate");
    munmap(p, pages * PAGE);
    close(fd);
}

static void same_in_rusage(void)
{
    struct rusage usage;
    long most = status_row("VmHWM:");

    expect(getrusage(RUSAGE_SELF, &usage) == 0 && usage.ru_maxrss == most, "%ld, %ld", usage.ru_maxrss, most);
}

static void one_way(const char *name, void (*way)(size_t), size_t pages)
{
    way(1); /* what it needs itself is there now */
    long before = status_row("VmRSS:");
    way(pages);
    long after = status_row("VmRSS:"), most = status_row("VmHWM:");
    expect(after == before && most == before + (long)pages * 4,
           "%s: %ld kB before, %ld after, %ld at the most", name, before, after, most);
    same_in_rusage();
    printf("%s: %zu pages more\n", name, pages);
}

static void in_a_child(void)
{
    int status;
    long most = status_row("VmHWM:");
    fflush(stdout);
    pid_t child = fork();

    expect(child >= 0, "fork");
    if (child == 0) {
        long now = status_row("VmRSS:"), mine = status_row("VmHWM:");
        expect(mine >= now && mine < most, "%ld, %ld, of the parent %ld", now, mine, most);
        _exit(0);
    }
    expect(waitpid(child, &status, 0) == child && status == 0, "status %#x", status);
    printf("a child begins anew\n");
}

static void *come_and_go(void *unused)
{
    for (int i = 0; i < TURNS; i++)
        by_munmap(EACH);
    return unused;
}

/* In a process of its own, where nothing was more before. */
static void threads(void)
{
    pthread_t thread[THREADS];
    int status;
    pid_t child = fork();

    expect(child >= 0, "fork");
    if (child == 0) {
        for (int i = 0; i < THREADS; i++)
            expect(pthread_create(&thread[i], NULL, come_and_go, NULL) == 0, "pthread_create");
        for (int i = 0; i < THREADS; i++)
            pthread_join(thread[i], NULL);
        long now = status_row("VmRSS:"), most = status_row("VmHWM:");
        expect(most >= now + EACH * 4 - 64 && most <= now + THREADS * (EACH + 16) * 4, "%ld, %ld", now, most);
        _exit(0);
    }
    expect(waitpid(child, &status, 0) == child && status == 0, "status %#x", status);
    printf("four threads: no less than the most of one, no more than of all\n");
}

int main(void)
{
    struct rusage usage; /* the program's own pages are all there when it counts */
    (void)(status_row("VmRSS:") + getrusage(RUSAGE_SELF, &usage));
    by_munmap(1);
    one_way("munmap", by_munmap, 300);
    one_way("madvise", by_madvise, 400);
    one_way("mremap", by_mremap, 500);
    one_way("brk", by_brk, 600);
    one_way("truncate", by_truncate, 700);
    in_a_child();
    fflush(stdout);
    threads();
    return 0;
}
