/*
 * What the children of calls.c do, one kind of system call each. Returns 0 or the errno that a call gave; a
 * table of them at the end.
 */
#pragma once
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096u
static char *plain; /* four pages that were written before */

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
    TRY(fcntl(ends[0], F_SETPIPE_SZ, 1 << 18));
    return 0;
}
static int do_nameless(void)
{
    int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
    TRY(fd);
    TRY(write(fd, plain, PAGE));
    return close(fd);
}
static int do_sets(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    int outer = epoll_create1(0), inner = epoll_create1(0);
    TRY(outer);
    TRY(inner);
    return epoll_ctl(outer, EPOLL_CTL_ADD, inner, &event) ? errno : 0;
}
static int do_event(void)
{
    int fd = eventfd(1, 0);
    uint64_t value;
    TRY(fd);
    TRY(read(fd, &value, sizeof value));
    return 0;
}
static int do_user_fault(void)
{
    int fd = (int)syscall(SYS_userfaultfd, O_NONBLOCK);
    char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct uffdio_api api = {.api = UFFD_API};
    TRY(fd);
    TRY(p);
    struct uffdio_register half = {.range = {(uintptr_t)p, PAGE}, .mode = UFFDIO_REGISTER_MODE_MISSING};
    struct uffdio_copy copy = {.dst = (uintptr_t)p, .src = (uintptr_t)plain, .len = PAGE};
    TRY(ioctl(fd, UFFDIO_API, &api));
    TRY(ioctl(fd, UFFDIO_REGISTER, &half));
    TRY(ioctl(fd, UFFDIO_COPY, &copy));
    return p[0] != plain[0];
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
static int do_timers(void)
{
    struct itimerspec hour = {.it_value = {3600, 0}};
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    timer_t timer;
    sigset_t set;
    sigemptyset(&set);
    TRY(timer_create(CLOCK_MONOTONIC, &event, &timer));
    TRY(timer_settime(timer, 0, &hour, NULL));
    TRY(timer_delete(timer));
    int fd = timerfd_create(CLOCK_MONOTONIC, 0);
    TRY(fd);
    TRY(timerfd_settime(fd, 0, &hour, NULL));
    TRY(close(fd));
    fd = signalfd(-1, &set, 0);
    TRY(fd);
    return close(fd);
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
    {"a file without a name", do_nameless},
    {"sets in sets", do_sets},
    {"userfaultfd", do_user_fault},
    {"signals and timers", do_signal},
    {"POSIX timers, timerfd, signalfd", do_timers},
    {"/proc", do_proc},
    {"process_vm_readv", do_others_memory},
    {"exit", do_nothing},
};
