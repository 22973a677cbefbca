/*
 * What ps, top, free, vmstat and uptime read: threads by number and by name, ticks of each processor, the page
 * cache, interrupts, load.
 *
 * @output 600 threads are listed, each with its own stat
 * @output a thread's name, set and read by another
 * @output thread-self, root, cwd, environ and mounts lead where they should
 * @output a megabyte in a file is a megabyte Cached and Shmem, and no more when the file goes
 * @output each processor's ticks add up, and idle ones idle
 * @output interrupts: a column for each processor
 * @output the stack is not executable; a file of /proc has one name
 * @output btime and loadavg
 */
#define _GNU_SOURCE
#include "proc_rows.h"
#include <dirent.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <time.h>

#define THREADS 599

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t all_here;

static void *wait_at_gate(void *tid)
{
    *(int *)tid = (int)syscall(SYS_gettid);
    pthread_barrier_wait(&all_here);
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    return NULL;
}

/* How many entries /proc/self/task has; each is to have a stat that begins with its number. */
static int count_task_entries(void)
{
    int n = 0, last = 0;
    DIR *dir = opendir("/proc/self/task");
    struct dirent *entry;

    expect(dir, "/proc/self/task");
    while ((entry = readdir(dir))) {
        char path[64];
        if (entry->d_name[0] == '.')
            continue;
        expect(atoi(entry->d_name) > last, "%s after %d", entry->d_name, last);
        last = atoi(entry->d_name);
        snprintf(path, sizeof path, "/proc/self/task/%d/stat", last);
        expect(atoi(proc_read(path)) == last, "%s begins with %.20s", path, proc_text);
        n++;
    }
    closedir(dir);
    return n;
}

static void check_threads(void)
{
    static pthread_t threads[THREADS];
    static int tids[THREADS];
    pthread_attr_t small;
    char path[64], name[16], row[32];

    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 16384);
    pthread_barrier_init(&all_here, NULL, THREADS + 1);
    pthread_mutex_lock(&gate);
    for (int i = 0; i < THREADS; i++)
        expect(pthread_create(&threads[i], &small, wait_at_gate, &tids[i]) == 0, "thread %d", i);
    pthread_barrier_wait(&all_here);
    int n = count_task_entries();
    expect(n == THREADS + 1, "%d entries", n);
    printf("%d threads are listed, each with its own stat\n", n);

    expect(pthread_setname_np(threads[7], "seventh") == 0, "pthread_setname_np");
    expect(pthread_getname_np(threads[7], name, sizeof name) == 0 && !strcmp(name, "seventh"), "%s", name);
    snprintf(path, sizeof path, "/proc/self/task/%d/status", tids[7]);
    proc_read(path);
    snprintf(row, sizeof row, "Tgid:\t%d\n", getpid());
    expect(strstr(proc_text, "Name:\tseventh\n") && strstr(proc_text, row), "%.60s", proc_text);
    expect(!strstr(proc_read("/proc/self/comm"), "seventh"), "the process keeps its name");
    printf("a thread's name, set and read by another\n");
    pthread_mutex_unlock(&gate);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    expect(access(path, F_OK) == -1 && errno == ENOENT, "%s is still there", path);
}

static void check_links(void)
{
    char to[64] = "", wanted[64];

    snprintf(wanted, sizeof wanted, "%d/task/%d", getpid(), getpid());
    expect(readlink("/proc/thread-self", to, sizeof to) > 0 && !strcmp(to, wanted), "%s", to);
    memset(to, 0, sizeof to);
    expect(readlink("/proc/self/root", to, sizeof to) == 1 && to[0] == '/', "%s", to);
    memset(to, 0, sizeof to);
    expect(chdir("/tmp") == 0 && readlink("/proc/self/cwd", to, sizeof to) == 4 && !strcmp(to, "/tmp"), "%s",
           to);
    proc_read("/proc/self/environ");
    expect(!memcmp(proc_text, environ[0], strlen(environ[0]) + 1), "%s", proc_text);
    expect(strstr(proc_read("/proc/mounts"), " / tmpfs rw"), "%s", proc_text);
    printf("thread-self, root, cwd, environ and mounts lead where they should\n");
}

static long meminfo(const char *row)
{
    const char *at = strstr(proc_read("/proc/meminfo"), row);

    expect(at, "%s", row);
    return atol(at + strlen(row));
}

static void check_cached(void)
{
    static const char page[4096];
    long cached = meminfo("\nCached:"), shared = meminfo("\nShmem:");
    int fd = open("/tmp/megabyte", O_RDWR | O_CREAT, 0600);

    for (int i = 0; i < 256; i++)
        expect(write(fd, page, sizeof page) == sizeof page, "page %d", i);
    expect(meminfo("\nCached:") == cached + 1024 && meminfo("\nShmem:") == shared + 1024, "%s", proc_text);
    close(fd);
    unlink("/tmp/megabyte");
    expect(meminfo("\nCached:") == cached, "%s", proc_text);
    printf("a megabyte in a file is a megabyte Cached and Shmem, and no more when the file goes\n");
}

/* user, nice, system and idle ticks of the row that `at` is on. */
static unsigned long ticks(const char *at, unsigned long *idle)
{
    unsigned long user, nice, system;

    expect(sscanf(at, "%*s %lu %lu %lu %lu", &user, &nice, &system, idle) == 4, "%.60s", at);
    return user + nice + system + *idle;
}

static void check_stat(void)
{
    unsigned long idle, before, one, sum = 0, idle_sum = 0;
    char name[20];

    ticks(proc_read("/proc/stat"), &before);
    do { /* as long as it takes: this processor, at least, idles */
        usleep(20000);
        ticks(proc_read("/proc/stat"), &idle);
    } while (idle == before);
    for (long cpu = 0; cpu < sysconf(_SC_NPROCESSORS_ONLN); cpu++) {
        snprintf(name, sizeof name, "\ncpu%ld ", cpu);
        const char *at = strstr(proc_text, name);
        expect(at, "%s", name);
        sum += ticks(at, &one);
        idle_sum += one;
    }
    /* The sums are made first: in between a processor may have gone on by a tick or more, never back. */
    expect(sum >= ticks(proc_text, &idle) && idle_sum >= idle, "%lu ticks, %lu of them idle", sum, idle_sum);
    printf("each processor's ticks add up, and idle ones idle\n");
    time_t booted = atol(strstr(proc_text, "\nbtime ") + 7);
    expect(booted > 0 && booted <= time(NULL), "btime %ld", (long)booted);
}

static void check_interrupts(void)
{
    const char *at = strstr(proc_read("/proc/interrupts"), "\nLOC:");
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    int used;
    unsigned n;

    expect(at, "%s", proc_text);
    at += 5;
    for (long cpu = 0; cpu < cpus; cpu++, at += used)
        expect(sscanf(at, "%u%n", &n, &used) == 1 && n > 0, "%s", proc_text);
    expect(sscanf(at, "%u", &n) == 0, "no more columns than processors: %s", at);
    printf("interrupts: a column for each processor\n");
}

static void check_stack(void)
{
    struct stat st;
    const char *at = strstr(proc_read("/proc/self/maps"), "[stack]");

    while (at > proc_text && at[-1] != '\n')
        at--;
    expect(strstr(at, " rw-p ") == at + 17, "%.60s", at);
    expect(stat("/proc/self/maps", &st) == 0 && st.st_nlink == 1, "%lu names", (unsigned long)st.st_nlink);
    printf("the stack is not executable; a file of /proc has one name\n");
}

int main(void)
{
    float one, five, fifteen;
    unsigned running, all;
    int last;
    struct sysinfo info;

    check_threads();
    check_links();
    check_cached();
    check_stat();
    check_interrupts();
    check_stack();
    proc_read("/proc/loadavg");
    expect(sscanf(proc_text, "%f %f %f %u/%u %d", &one, &five, &fifteen, &running, &all, &last) == 6, "%s",
           proc_text);
    expect(running >= 1 && running <= all && last == getpid() && one < 1000, "%s", proc_text);
    expect(sysinfo(&info) == 0 && info.loads[0] < 1000ul << SI_LOAD_SHIFT && info.sharedram > 0, "sysinfo");
    printf("btime and loadavg\n");
    return 0;
}
