/*
 * Every allocation that the kernel makes for a program fails once (`make fail-nth`). For each operation below
 * a child asks for its first allocation to fail, does the operation and ends; the next child for its second;
 * until one ends without having met a refusal. An operation may succeed all the same (the kernel had another
 * way), or say ENOMEM or another errno that its man page gives for want of memory, or be killed where a page
 * cannot be had. Afterwards as many frames, objects and pages of the kernel window must be in use as before.
 *
 * Runs on the test kernel alone: /proc/fail_nth and /proc/fail_sites. Prints TAP and tables.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE    4096u
#define NTH_MAX 400u

static int fail_fd;
static char *plain; /* four pages that were written before */

static void fail_from_here(unsigned nth)
{
    char text[12];
    int n = snprintf(text, sizeof text, "%u", nth);
    if (write(fail_fd, text, (size_t)n) != n)
        _exit(99);
}

/* ---- the operations: 0 or the errno that the call gave ---- */

#define TRY(call)                                                                                            \
    do {                                                                                                     \
        if ((long)(call) == -1)                                                                              \
            return errno;                                                                                    \
    } while (0)

static int wait_for(pid_t child)
{
    int status;
    if (waitpid(child, &status, 0) != child)
        return errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : ENOMEM; /* killed: it had no page to go on with */
}
static int do_fork(void)
{
    pid_t child = fork();
    if (child == 0) {
        plain[0]++;
        _exit(0);
    }
    return child < 0 ? errno : wait_for(child);
}
static int do_exec(void)
{
    char *const argv[] = {"calls", "end", NULL}, *const envp[] = {NULL};
    pid_t child = vfork();
    if (child == 0) {
        execve("/proc/self/exe", argv, envp);
        _exit(errno);
    }
    return child < 0 ? errno : wait_for(child);
}
static int thread(void *unused)
{
    (void)unused;
    return 0;
}
static int do_thread(void)
{
    static char stack[4 * PAGE];
    pid_t child = clone(thread, stack + sizeof stack,
                        CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | SIGCHLD, NULL);
    return child < 0 ? errno : wait_for(child);
}
static int do_map(void)
{
    char *p = mmap(NULL, 16u << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    TRY(p);
    for (unsigned i = 0; i < 4; i++)
        p[i * (4u << 20)] = 1; /* a page table each */
    TRY(mprotect(p + PAGE, PAGE, PROT_READ));
    TRY(munmap(p + (8u << 20), PAGE));
    char *q = mremap(p, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
    TRY(q);
    q[PAGE] = 1;
    return 0;
}
static int do_map_file(void)
{
    int fd = open("/proc/self/exe", O_RDONLY);
    TRY(fd);
    char *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    TRY(p);
    p[PAGE] += p[0];
    return 0;
}
static int do_map_shared(void)
{
    char *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    TRY(p);
    p[PAGE] = 1;
    TRY(msync(p, 4 * PAGE, MS_SYNC));
    return 0;
}
static int do_locked(void)
{
    TRY(mlock(plain, 2 * PAGE));
    TRY(madvise(plain + 2 * PAGE, PAGE, MADV_DONTNEED));
    plain[2 * PAGE] = 1;
    TRY(munlock(plain, 2 * PAGE));
    return 0;
}
static int do_brk(void)
{
    char *end = sbrk(8 * PAGE);
    TRY(end);
    end[7 * PAGE] = 1;
    return 0;
}
static int do_stack(void)
{
    volatile char deep[64 * PAGE];
    deep[0] = 1;
    return deep[0] - 1;
}
static int do_file(void)
{
    static const char text[3 * PAGE] = "text";
    int fd = open("/tmp-fail", O_RDWR | O_CREAT | O_TRUNC, 0644);
    TRY(fd);
    ssize_t n = write(fd, text, sizeof text);
    TRY(n);
    TRY(lseek(fd, 0, SEEK_SET));
    TRY(read(fd, plain, PAGE));
    struct iovec pieces[2] = {{plain, 10}, {plain + PAGE, 10}};
    TRY(writev(fd, pieces, 2));
    TRY(ftruncate(fd, PAGE));
    return 0;
}
static int do_names(void)
{
    struct stat st;
    char text[32];
    TRY(mkdir("/fail-d", 0755));
    TRY(symlink("/fail-d", "/fail-l"));
    TRY(readlink("/fail-l", text, sizeof text));
    TRY(stat("/fail-l", &st));
    TRY(rename("/fail-d", "/fail-e"));
    TRY(chdir("/fail-e"));
    return 0;
}
static void undo_names(void)
{
    unlink("/fail-l");
    rmdir("/fail-d");
    rmdir("/fail-e");
    unlink("/tmp-fail");
}
static int do_list(void)
{
    char entries[512];
    int fd = open("/", O_RDONLY | O_DIRECTORY);
    TRY(fd);
    TRY(getdents64(fd, entries, sizeof entries));
    return 0;
}
static int do_pipe(void)
{
    int ends[2];
    TRY(pipe(ends));
    TRY(write(ends[1], plain, 2 * PAGE));
    TRY(read(ends[0], plain, PAGE));
    struct pollfd wait = {ends[0], POLLIN, 0};
    TRY(poll(&wait, 1, 0));
    for (int fd = 10; fd < 80; fd++)
        TRY(dup2(ends[0], fd)); /* the table grows */
    return 0;
}
static int do_event(void)
{
    int fd = eventfd(1, 0);
    uint64_t value;
    TRY(fd);
    TRY(read(fd, &value, sizeof value));
    return 0;
}
static void on_signal(int signal)
{
    plain[3 * PAGE] += (char)signal;
}
static int do_signal(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    TRY(sigaction(SIGUSR1, &action, NULL));
    TRY(kill(getpid(), SIGUSR1));
    struct itimerval soon = {{0, 0}, {1, 0}};
    TRY(setitimer(ITIMER_REAL, &soon, NULL));
    struct timespec moment = {0, 1000};
    TRY(nanosleep(&moment, NULL));
    return 0;
}
static int do_proc(void)
{
    static const char *const names[] = {"/proc/self/maps",   "/proc/self/smaps", "/proc/meminfo",
                                        "/proc/slabinfo",    "/proc/kvranges",   "/proc/self/status",
                                        "/proc/self/cmdline"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        int fd = open(names[i], O_RDONLY);
        TRY(fd);
        TRY(read(fd, plain, PAGE));
        TRY(close(fd));
    }
    return 0;
}
static int do_others_memory(void)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {plain, 1};
    TRY(process_vm_readv(getpid(), &here, 1, &there, 1, 0));
    return 0;
}
static int do_nothing(void)
{
    return 0; /* the way into the kernel's exit */
}

static const struct operation {
    const char *name;
    int (*run)(void);
} operations[] = {
    {"fork, and a page copied", do_fork},
    {"vfork and exec", do_exec},
    {"clone with shared memory", do_thread},
    {"mmap, mprotect, munmap, mremap", do_map},
    {"private mapping of a file", do_map_file},
    {"shared memory", do_map_shared},
    {"mlock, madvise", do_locked},
    {"brk", do_brk},
    {"stack growth", do_stack},
    {"write, read, truncate a file", do_file},
    {"directories, links, names", do_names},
    {"getdents", do_list},
    {"pipe, poll, 70 descriptors", do_pipe},
    {"eventfd", do_event},
    {"signals and timers", do_signal},
    {"/proc", do_proc},
    {"process_vm_readv", do_others_memory},
    {"exit", do_nothing},
};

/* ---- the kernel's counts ---- */

struct counts {
    unsigned refused, frames, objects, window;
};

static bool read_counts(struct counts *c)
{
    char line[100];
    int fd = open("/proc/fail_sites", O_RDONLY);
    ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof line - 1);
    close(fd);
    line[n > 0 ? n : 0] = '\0';
    return sscanf(line, "refused %u frames %u objects %u window %u", &c->refused, &c->frames, &c->objects,
                  &c->window) == 4;
}

static void show_sites(void)
{
    char text[256];
    int fd = open("/proc/fail_sites", O_RDONLY);
    for (ssize_t n; fd >= 0 && (n = read(fd, text, sizeof text)) > 0;)
        fwrite(text, 1, (size_t)n, stdout);
    close(fd);
}

/* ---- one operation to its last allocation ---- */

struct tally {
    unsigned refused, succeeded, said_so, killed, wrong;
    int wrong_error;
};

/* What the man pages give for want of memory, and what follows from it in a child. */
static bool means_no_memory(int error)
{
    return error == ENOMEM || error == EAGAIN || error == EFAULT || error == ENFILE || error == ENOSPC;
}

/* A child with its nth allocation refused. False: there was no such one. */
static bool one_child(const struct operation *operation, unsigned nth, struct tally *t)
{
    struct counts before, after;
    int status = 0;
    if (!read_counts(&before))
        exit(98);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        fail_from_here(nth);
        _exit(
            operation
                ->run()); /* with the count still going where it was not reached: exit is an operation, too */
    }
    if (child < 0 || waitpid(child, &status, 0) != child || !read_counts(&after))
        exit(97);
    undo_names();
    if (after.refused == before.refused)
        return false;
    t->refused++;
    if (WIFSIGNALED(status))
        t->killed++;
    else if (WEXITSTATUS(status) == 0)
        t->succeeded++;
    else if (means_no_memory(WEXITSTATUS(status)))
        t->said_so++;
    else {
        t->wrong++;
        t->wrong_error = WEXITSTATUS(status);
    }
    return true;
}

static bool run_operation(unsigned number, const struct operation *operation)
{
    struct tally t = {0}, ignored = {0};
    struct counts before = {0}, after = {0};
    one_child(operation, 0, &ignored); /* what is made once is made now */
    one_child(operation, 0, &ignored);
    read_counts(&before);
    unsigned nth = 1;
    while (nth < NTH_MAX && one_child(operation, nth, &t))
        nth++;
    read_counts(&after);
    int frames = (int)(after.frames - before.frames), objects = (int)(after.objects - before.objects),
        window = (int)(after.window - before.window);
    bool good = nth < NTH_MAX && t.wrong == 0 && frames <= 0 && objects <= 0 && window <= 0;
    printf(
        "%sok %u - fail_nth %s: %u refused: %u succeeded all the same, %u said so, %u killed; leaked: %d frames, "
        "%d objects, %d window pages\n",
        good ? "" : "not ", number, operation->name, t.refused, t.succeeded, t.said_so, t.killed, frames,
        objects, window);
    if (t.wrong)
        printf("  # %u ended with %s\n", t.wrong, strerror(t.wrong_error));
    fflush(stdout);
    return good;
}

int main(int argc, char **argv)
{
    unsigned n = sizeof operations / sizeof *operations, failed = 0;
    if (argc > 1 && !strcmp(argv[1], "end"))
        return 0;
    fail_fd = open("/proc/fail_nth", O_WRONLY);
    plain = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (fail_fd < 0 || plain == MAP_FAILED) {
        printf("1..0 # SKIP no /proc/fail_nth: this is not the test kernel\n");
        return 1;
    }
    memset(plain, 1, 4 * PAGE);
    printf("1..%u\n", n);
    for (unsigned i = 0; i < n; i++)
        failed += !run_operation(i + 1, &operations[i]);
    show_sites();
    return failed != 0;
}
