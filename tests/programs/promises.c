/*
 * Overcommit, limits, and the end of memory: what is refused beforehand, and who is ended when it was not.
 *
 * @libc glibc musl
 * @mem 64M
 * @files tests/programs/expect.h
 * @output promised: as the modes say, and given back
 * @output limits: AS, DATA, STACK and MEMLOCK
 * @output out of memory: the greedy one ended, four threads and all
 * @output out of memory: oom_score_adj is heard
 */
#define _GNU_SOURCE
#include "expect.h"
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB  (1u << 20)
#define PAGE 4096u

static void put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);

    expect(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "%s to %s", text, path);
    close(fd);
}

/* The number behind `key`, at the start of a line of a file; allocates nothing, so that it can be asked for
 * sums. */
static long number(const char *path, const char *key)
{
    static char text[16384];
    int fd = open(path, O_RDONLY);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

    expect(n >= 0, "%s", path);
    close(fd);
    text[n] = 0;
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (!strncmp(line, key, strlen(key)))
            return atol(line + strlen(key));
    }
    return -1;
}

static void *map(size_t bytes, int flags)
{
    return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}
#define refused(call, why) expect((call) == (void *)-1 && errno == (why), "%s must fail with " #why, #call)

static void promised(void)
{
    long before = number("/proc/meminfo", "Committed_AS:");

    refused(map(256 * MIB, 0), ENOMEM); /* more than the machine has */
    void *p = map(256 * MIB, MAP_NORESERVE), *q = map(8 * MIB, 0);
    expect(p != MAP_FAILED && q != MAP_FAILED, "maps");
    expect(number("/proc/meminfo", "Committed_AS:") == before + 8192, "8 MiB are promised: %ld, then %ld",
           before, number("/proc/meminfo", "Committed_AS:"));
    void *r = mmap(NULL, 8 * MIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(mprotect(r, MIB, PROT_READ | PROT_WRITE) == 0 &&
               number("/proc/meminfo", "Committed_AS:") == before + 9216,
           "and one more by mprotect");
    put("/proc/sys/vm/overcommit_memory", "1\n");
    void *all = map(1024 * MIB, 0);
    expect(all != MAP_FAILED && munmap(all, 1024 * MIB) == 0, "mode 1 refuses nothing");
    put("/proc/sys/vm/overcommit_memory", "2");
    put("/proc/sys/vm/overcommit_ratio", "60");
    long limit = number("/proc/meminfo", "CommitLimit:"), total = number("/proc/meminfo", "MemTotal:");
    expect(limit <= total * 60 / 100 && limit > total * 60 / 100 - 8, "CommitLimit %ld of %ld", limit, total);
    refused(map(40 * MIB, MAP_NORESERVE), ENOMEM);
    void *m = map(20 * MIB, 0);
    expect(m != MAP_FAILED && (m = mremap(m, 20 * MIB, 21 * MIB, MREMAP_MAYMOVE)) != MAP_FAILED,
           "moves within it");
    put("/proc/sys/vm/overcommit_memory", "0");
    munmap(m, 21 * MIB);
    munmap(p, 256 * MIB);
    munmap(q, 8 * MIB);
    munmap(r, 8 * MIB);
    expect(number("/proc/meminfo", "Committed_AS:") == before, "all is given back");
    printf("promised: as the modes say, and given back\n");
}

static void with_limit(int which, rlim_t soft, void (*fn)(void))
{
    int status;
    pid_t child = fork();

    expect(child >= 0, "fork");
    if (child == 0) {
        struct rlimit limit = {soft, soft};
        expect(setrlimit(which, &limit) == 0, "setrlimit");
        fn();
        _exit(0);
    }
    expect(waitpid(child, &status, 0) == child && status == 0, "limit %d: status %#x", which, status);
}
static void try_space(void)
{
    refused(map(16 * MIB, 0), ENOMEM);
    refused(mmap(NULL, 16 * MIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM);
    expect(map(MIB, 0) != MAP_FAILED, "a little");
}
static void try_data(void)
{
    refused(map(8 * MIB, 0), ENOMEM);
    char *p = mmap(NULL, 8 * MIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(p != MAP_FAILED, "not data yet");
    expect(mprotect(p, 8 * MIB, PROT_READ | PROT_WRITE) == -1 && errno == ENOMEM, "now it would be");
}
static void try_lock(void)
{
    char *p = map(MIB, 0);

    expect(setuid(1000) == 0, "setuid"); /* root may lock all */
    expect(mlock(p, MIB) == -1 && errno == ENOMEM, "mlock");
    expect(mlock(p, 16 * PAGE) == 0 && munlock(p, 16 * PAGE) == 0, "a little");
    refused(map(MIB, MAP_LOCKED), EAGAIN);
}
static int deep(int n)
{
    volatile char frame[PAGE];

    frame[0] = (char)n;
    return n ? deep(n - 1) + frame[0] : 0;
}
static void use_stack(void)
{
    deep(100);
    if (fork() == 0)
        _exit(deep(1000) == 1234567); /* 4 MiB: more than there may be */
    int status;
    expect(wait(&status) > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "status %#x", status);
}

static void limits(void)
{
    with_limit(RLIMIT_AS, 12 * MIB, try_space);
    with_limit(RLIMIT_DATA, 4 * MIB, try_data);
    with_limit(RLIMIT_MEMLOCK, 32 * PAGE, try_lock);
    with_limit(RLIMIT_STACK, MIB, use_stack);
    printf("limits: AS, DATA, STACK and MEMLOCK\n");
}

static char *hoard;
static void *take_all(void *first)
{
    for (size_t at = (size_t)first * PAGE; at < 256 * MIB; at += 4 * PAGE)
        hoard[at] = 1;
    return NULL;
}
static pid_t greedy(size_t threads, const char *adj)
{
    pthread_t thread;
    pid_t child = fork();

    expect(child >= 0, "fork");
    if (child)
        return child;
    put("/proc/self/oom_score_adj", adj);
    hoard = map(256 * MIB, MAP_NORESERVE);
    for (size_t i = 1; i < threads; i++)
        pthread_create(&thread, NULL, take_all, (void *)i);
    take_all(NULL);
    pause();
    _exit(1);
}
static void expect_killed(pid_t child)
{
    int status;

    expect(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
           "status %#x", status);
}

static void out_of_memory(void)
{
    enum { MINE = 4 * MIB };
    unsigned char *mine = map(MINE, 0);
    long kills = number("/proc/vmstat", "oom_kill ");

    for (size_t i = 0; i < MINE; i += PAGE)
        mine[i] = (unsigned char)(i >> 12);
    expect_killed(greedy(4, "0"));
    for (size_t i = 0; i < MINE; i += PAGE)
        expect(mine[i] == (unsigned char)(i >> 12), "page %zu of the survivor", i / PAGE);
    expect(number("/proc/vmstat", "oom_kill ") > kills, "counted");
    printf("out of memory: the greedy one ended, four threads and all\n");
    pid_t bystander = fork();
    if (bystander == 0) {
        put("/proc/self/oom_score_adj", "1000"); /* small, and yet the first to go */
        pause();
    }
    while (number("/proc/self/status", "Threads:") != 1 || kill(bystander, 0))
        ;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/oom_score_adj", bystander);
    while (number(path, "") != 1000)
        sched_yield();
    pid_t child = greedy(1, "0");
    expect_killed(bystander);
    expect_killed(child); /* which did not stop at that */
    printf("out of memory: oom_score_adj is heard\n");
}

int main(void)
{
    promised();
    limits();
    out_of_memory();
    return 0;
}
