/*
 * Who used what: page faults of a process and of one thread, of children once they were waited for, and
 * processor time that outlives the thread.
 *
 * @output 64 pages touched: 64 faults
 * @output by a thread that has ended: 64 faults
 * @output by a child, before it is waited for: 0 faults, after: 64 or more
 * @output wait4 says the same
 * @output /proc/self/stat says the same
 * @output time of a thread that has ended counts
 */
#define _GNU_SOURCE
#include "expect.h"
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGES 64

static long faults(int who)
{
    struct rusage usage;

    expect(getrusage(who, &usage) == 0, "getrusage");
    return usage.ru_minflt;
}

static void *touch(void *unused)
{
    char *memory = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    expect(memory != MAP_FAILED, "mmap");
    for (int i = 0; i < PAGES; i++)
        memory[i * 4096] = 1;
    munmap(memory, PAGES * 4096);
    return unused;
}

static void *spin(void *unused)
{
    struct timespec now;

    do
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    while (now.tv_sec == 0 && now.tv_nsec < 30000000);
    return unused;
}

static void run_thread(void *(*body)(void *))
{
    pthread_t thread;

    expect(pthread_create(&thread, NULL, body, NULL) == 0, "pthread_create");
    pthread_join(thread, NULL);
}

static void of_a_child(void)
{
    struct rusage usage;
    int status;
    pid_t child = fork();

    if (child == 0) {
        touch(NULL);
        _exit(0);
    }
    siginfo_t info;
    expect(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) == 0, "waitid");
    long before = faults(RUSAGE_CHILDREN);
    expect(wait4(child, &status, 0, &usage) == child, "wait4");
    long after = faults(RUSAGE_CHILDREN);
    printf("by a child, before it is waited for: %ld faults, after: %s\n", before,
           after >= PAGES ? "64 or more" : "less");
    printf("wait4 %s\n", usage.ru_minflt == after ? "says the same" : "says otherwise");
}

static void in_proc(void)
{
    long mine[2] = {0}, of_children[2] = {0}, low = faults(RUSAGE_SELF);
    FILE *stat = fopen("/proc/self/stat", "r");

    expect(stat != NULL, "/proc/self/stat");
    expect(fscanf(stat, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %ld %ld %ld %ld", &mine[0], &of_children[0],
                  &mine[1], &of_children[1]) == 4,
           "its fields");
    fclose(stat);
    expect(mine[0] >= low && mine[0] <= faults(RUSAGE_SELF), "%ld faults, at least %ld", mine[0], low);
    expect(of_children[0] == faults(RUSAGE_CHILDREN), "%ld faults of children", of_children[0]);
    printf("/proc/self/stat says the same\n");
}

int main(void)
{
    long before;

    run_thread(touch); /* what this process itself touches on the way is touched now */
    faults(RUSAGE_SELF);
    before = faults(RUSAGE_THREAD);
    touch(NULL);
    printf("%d pages touched: %ld faults\n", PAGES, faults(RUSAGE_THREAD) - before);
    before = faults(RUSAGE_SELF);
    long own = faults(RUSAGE_THREAD);
    run_thread(touch);
    own = faults(RUSAGE_THREAD) - own;
    long others = faults(RUSAGE_SELF) - before - own;
    printf("by a thread that has ended: %s faults\n", others >= PAGES && others < PAGES + 8 ? "64" : "other");
    of_a_child();
    in_proc();
    run_thread(spin);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    long us = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec +
              usage.ru_stime.tv_usec;
    expect(us >= 30000, "%ld us", us);
    printf("time of a thread that has ended counts\n");
    return 0;
}
