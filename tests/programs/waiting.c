/*
 * Who waits, and what ends it: robust and shared mutexes, timeouts, cancellation, nanosleep(2), affinity.
 *
 * @libc glibc musl
 * @output all checks passed
 */
#include "checks.h"
#include <pthread.h>
#include <sys/mman.h>
#include <time.h>

static volatile sig_atomic_t caught, sleeps;
static void count(int signal)
{
    (void)signal;
    caught++;
}
static void *sleep_for_ever(void *unused)
{
    sleeps = 1;
    for (;;)
        pause();
    return unused;
}

static pthread_mutex_t *robust;
static void *die_with_lock(void *unused)
{
    pthread_mutex_lock(robust);
    return unused;
}
static void check_robust(void)
{
    pthread_mutexattr_t attr;
    robust = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(robust, &attr);
    pthread_t t;
    pthread_create(&t, NULL, die_with_lock, NULL);
    pthread_join(t, NULL);
    check(pthread_mutex_lock(robust) == EOWNERDEAD);
    check(pthread_mutex_consistent(robust) == 0 && pthread_mutex_unlock(robust) == 0);
    volatile int *told = (volatile int *)(robust + 1);
    int ends[2];
    char byte;
    check(pipe(ends) == 0);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        pthread_mutex_lock(robust);
        if (write(ends[1], "x", 1) == 1) {
            while (!*told)
                sched_yield();
            await_asleep(parent);
        }
        raise(SIGKILL);
    }
    check(read(ends[0], &byte, 1) == 1);             /* the child has the lock */
    *told = 1;                                       /* the next sleep is for the lock */
    check(pthread_mutex_lock(robust) == EOWNERDEAD); /* and dies while we sleep for it */
    close(ends[0]);
    close(ends[1]);
    child_status(pid);
    munmap(robust, 4096);
}

struct shared {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    int turn;
};
static void check_shared_futex(void)
{
    struct shared *s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t ma;
    pthread_condattr_t ca;
    pthread_mutexattr_init(&ma);
    pthread_mutexattr_setpshared(&ma, PTHREAD_PROCESS_SHARED);
    pthread_condattr_init(&ca);
    pthread_condattr_setpshared(&ca, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&s->mutex, &ma);
    pthread_cond_init(&s->cond, &ca);
    pid_t pid = fork();
    int me = pid == 0;
    for (int i = 0; i < 500; i++) {
        pthread_mutex_lock(&s->mutex);
        while (s->turn % 2 != me)
            pthread_cond_wait(&s->cond, &s->mutex);
        s->turn++;
        pthread_cond_signal(&s->cond);
        pthread_mutex_unlock(&s->mutex);
    }
    if (me)
        _exit(0);
    check(child_status(pid) == 0 && s->turn == 1000);
    munmap(s, 4096);
}

static void check_waits(void)
{
    pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t c = PTHREAD_COND_INITIALIZER;
    struct timespec until, before, after;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 50000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&m);
    check(pthread_cond_timedwait(&c, &m, &until) == ETIMEDOUT);
    pthread_mutex_unlock(&m);
    pthread_t t;
    void *result;
    pthread_create(&t, NULL, sleep_for_ever, NULL);
    while (!sleeps)
        sched_yield();
    check(pthread_cancel(t) == 0 && pthread_join(t, &result) == 0 && result == PTHREAD_CANCELED);
    clock_gettime(CLOCK_MONOTONIC, &before);
    struct timespec nap = {0, 30000000}, left;
    check(nanosleep(&nap, NULL) == 0);
    clock_gettime(CLOCK_MONOTONIC, &after);
    check((after.tv_sec - before.tv_sec) * 1000000000ll + after.tv_nsec - before.tv_nsec >= 30000000);
    set_handler(SIGALRM, count, 0);
    alarm_in(20000);
    nap = (struct timespec){5, 0};
    check(nanosleep(&nap, &left) == -1 && errno == EINTR && left.tv_sec < 5);
    alarm_in(0);
    cpu_set_t set;
    CPU_ZERO(&set);
    check(sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) >= 1);
    CPU_ZERO(&set);
    CPU_SET(0, &set);
    check(sched_setaffinity(0, sizeof(set), &set) == 0 && sched_getcpu() == 0);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    check_robust();
    check_shared_futex();
    check_waits();
    return finish();
}
