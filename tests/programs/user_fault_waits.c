/*
 * userfaultfd(2): every access to memory that a program provides waits for its answer, whoever makes it; and
 * who does not get one can still be interrupted, let go, or ended.
 *
 * @output provided without waking
 * @output a signal's handler runs while its thread waits
 * @output the kernel's own accesses wait, or fail
 * @output given back: asked again
 * @output no handler any more: memory like any other
 * @output killed while it waits
 */
#include "user_faults.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#define PAGES 8

static int fd;
static char *base;
static char bytes[PAGE];

/* Provides the page at `to`, each byte of it `value`. */
static int provide(char *to, int value, uint64_t mode)
{
    memset(bytes, value, PAGE);
    return uffd_copy(fd, to, bytes, PAGE, mode, NULL);
}

static int reached; /* how far it came */

static void *read_one(void *at)
{
    uintptr_t found = (uintptr_t) * (volatile char *)at;

    __atomic_store_n(&reached, 1, __ATOMIC_SEQ_CST);
    return (void *)found;
}

static void begin(uint64_t features, int flags)
{
    fd = uffd_open(flags, features);
    base = uffd_memory(PAGES, MAP_PRIVATE);
    expect(uffd_register(fd, base, PAGES * PAGE) == 0, "register");
    reached = 0;
}

static void end(void)
{
    close(fd);
    expect(munmap(base, PAGES * PAGE) == 0, "munmap");
}

static void without_waking(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    int set = epoll_create1(0);
    pid_t self = (pid_t)syscall(SYS_gettid);

    begin(UFFD_FEATURE_THREAD_ID, O_NONBLOCK);
    expect(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0 && epoll_wait(set, &event, 1, 0) == 0, "epoll");
    pthread_t thread = uffd_thread(read_one, base + PAGE);
    expect(epoll_wait(set, &event, 1, -1) == 1 && event.events == EPOLLIN, "epoll");
    struct uffd_msg message = uffd_next(fd);
    expect(message.arg.pagefault.flags == 0 && message.arg.pagefault.feat.ptid != (uint32_t)self &&
               message.arg.pagefault.feat.ptid != 0,
           "thread %u", message.arg.pagefault.feat.ptid);
    expect(epoll_wait(set, &event, 1, 0) == 0, "nothing is left to be told");
    expect(provide(base + PAGE, 'd', UFFDIO_COPY_MODE_DONTWAKE) == 0, "UFFDIO_COPY");
    expect(base[PAGE] == 'd' && !__atomic_load_n(&reached, __ATOMIC_SEQ_CST), "woken by nobody");
    expect(uffd_wake(fd, base, PAGE) == 0 && !__atomic_load_n(&reached, __ATOMIC_SEQ_CST), "another page's");
    expect(uffd_wake(fd, base, PAGES * PAGE) == 0, "UFFDIO_WAKE");
    expect(uffd_join(thread) == (void *)'d', "what was provided");
    close(set);
    end();
    printf("provided without waking\n");
}

static int signals;
static void count_signal(int signal)
{
    (void)signal;
    __atomic_fetch_add(&signals, 1, __ATOMIC_SEQ_CST);
}

/* Each signal ends the wait; the access is made again after it, and asks again. */
static void signal_while_waiting(void)
{
    struct sigaction action = {.sa_handler = count_signal};

    begin(0, 0);
    expect(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
    pthread_t thread = uffd_thread(read_one, base);
    for (int i = 1; i <= 3; i++) {
        struct uffd_msg message = uffd_next(fd);
        expect(message.arg.pagefault.address == (uintptr_t)base, "%#llx", message.arg.pagefault.address);
        expect(pthread_kill(thread, SIGUSR1) == 0, "pthread_kill");
        while (__atomic_load_n(&signals, __ATOMIC_SEQ_CST) < i)
            sched_yield();
    }
    (void)uffd_next(fd);
    expect(!__atomic_load_n(&reached, __ATOMIC_SEQ_CST), "it waits");
    expect(uffd_zero(fd, base, PAGE, 0, NULL) == 0, "UFFDIO_ZEROPAGE");
    expect(uffd_join(thread) == NULL, "zeroes");
    end();
    printf("a signal's handler runs while its thread waits\n");
}

/* ---- the kernel's own accesses ---- */

static int ends[2];
static void *read_pipe(void *to)
{
    return (void *)(intptr_t)read(ends[0], to, 4);
}
static void *lock_memory(void *at)
{
    return (void *)(intptr_t)mlock(at, PAGE);
}

static void kernel_waits(void)
{
    begin(0, 0);
    expect(pipe(ends) == 0 && write(ends[1], "four", 4) == 4, "pipe");
    pthread_t thread = uffd_thread(read_pipe, base + 100);
    struct uffd_msg message = uffd_next(fd);
    expect(message.arg.pagefault.address == (uintptr_t)base &&
               (message.arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WRITE),
           "flags %#llx", message.arg.pagefault.flags);
    expect(provide(base, 'k', 0) == 0, "UFFDIO_COPY");
    expect(uffd_join(thread) == (void *)4 && memcmp(base + 99, "kfourk", 6) == 0, "what was read");
    thread = uffd_thread(lock_memory, base + PAGE);
    message = uffd_next(fd);
    expect(message.arg.pagefault.address == (uintptr_t)base + PAGE, "mlock");
    expect(provide(base + PAGE, 'l', 0) == 0 && uffd_join(thread) == NULL && base[PAGE] == 'l', "mlock");
    end();

    begin(0, UFFD_USER_MODE_ONLY);
    expect(write(ends[1], "four", 4) == 4, "pipe");
    expect(read(ends[0], base, 4) == -1 && errno == EFAULT, "read");
    thread = uffd_thread(read_one, base);
    (void)uffd_next(fd);
    expect(provide(base, 'u', 0) == 0 && uffd_join(thread) == (void *)'u', "its own access");
    end();
    close(ends[0]);
    close(ends[1]);
    printf("the kernel's own accesses wait, or fail\n");
}

static void given_back(void)
{
    begin(0, 0);
    for (int i = 0; i < 3; i++) {
        pthread_t thread = uffd_thread(read_one, base);
        (void)uffd_next(fd);
        expect(provide(base, 'a' + i, 0) == 0 && uffd_join(thread) == (void *)(intptr_t)('a' + i), "%d", i);
        expect(madvise(base, PAGE, MADV_DONTNEED) == 0, "MADV_DONTNEED");
    }
    end();
    printf("given back: asked again\n");
}

/* ---- no handler ---- */

/* By unregistering the page, by closing, and where a registration does not go: a child, another place. */
static void no_handler(void)
{
    int status;

    begin(0, O_NONBLOCK);
    pthread_t thread = uffd_thread(read_one, base);
    struct pollfd wait = {fd, POLLIN, 0};
    expect(poll(&wait, 1, -1) == 1 && wait.revents == POLLIN, "poll");
    expect(uffd_unregister(fd, base, PAGE) == 0 && uffd_join(thread) == NULL && base[0] == 0, "unregistered");
    thread = uffd_thread(read_one, base + PAGE);
    expect(poll(&wait, 1, -1) == 1, "poll");

    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0)
        _exit(base[2 * PAGE] + base[3 * PAGE]);
    expect(waitpid(child, &status, 0) == child && status == 0, "a child waits for nobody: %#x", status);
    char *moved =
        mremap(base + 4 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, uffd_memory(1, MAP_PRIVATE));
    expect(moved != MAP_FAILED && moved[0] == 0, "nor does memory that was moved");

    close(fd);
    expect(uffd_join(thread) == NULL && base[5 * PAGE] == 0, "closed");
    expect(munmap(base, PAGES * PAGE) == 0 && munmap(moved, PAGE) == 0, "munmap");
    printf("no handler any more: memory like any other\n");
}

/* ---- ends ---- */

/* In a child, which tells by `tell` when a thread of it waits; and does not end by itself, or at once. */
static void wait_in_child(int tell, int ends_itself)
{
    begin(0, 0);
    (void)uffd_thread(read_one, base);
    (void)uffd_next(fd);
    expect(write(tell, "w", 1) == 1, "write");
    if (ends_itself)
        _exit(0);
    (void)*(volatile char *)(base + PAGE);
}

static void killed(void)
{
    char byte;
    int status, tell[2];

    expect(pipe(tell) == 0, "pipe");
    for (int ends_itself = 0; ends_itself < 2; ends_itself++) {
        pid_t child = fork();
        expect(child >= 0, "fork");
        if (child == 0)
            wait_in_child(tell[1], ends_itself);
        expect(read(tell[0], &byte, 1) == 1, "read");
        if (!ends_itself)
            expect(kill(child, SIGKILL) == 0, "kill");
        expect(waitpid(child, &status, 0) == child && status == (ends_itself ? 0 : SIGKILL), "%#x", status);
    }
    printf("killed while it waits\n");
}

int main(void)
{
    without_waking();
    signal_while_waiting();
    kernel_waits();
    given_back();
    no_handler();
    killed();
    return 0;
}
