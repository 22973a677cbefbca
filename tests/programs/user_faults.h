/* userfaultfd as the test programs use it. */
#pragma once
#define _GNU_SOURCE
#include "expect.h"
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096u
#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

/* The call fails with this errno. */
#define refused(call, why)                                                                                   \
    do {                                                                                                     \
        errno = 0;                                                                                           \
        expect((call) == -1 && errno == (why), "errno is to be %d", why);                                    \
    } while (0)

static inline int uffd_raw(int flags)
{
    return (int)syscall(SYS_userfaultfd, flags);
}

/* Ready for use. */
static inline int uffd_open(int flags, uint64_t features)
{
    int fd = uffd_raw(flags | O_CLOEXEC);
    struct uffdio_api api = {.api = UFFD_API, .features = features};

    expect(fd >= 0, "userfaultfd");
    expect(ioctl(fd, UFFDIO_API, &api) == 0, "UFFDIO_API");
    return fd;
}

static inline int uffd_register(int fd, void *at, size_t n)
{
    struct uffdio_register r = {.range = {(uintptr_t)at, n}, .mode = UFFDIO_REGISTER_MODE_MISSING};

    return ioctl(fd, UFFDIO_REGISTER, &r);
}

static inline int uffd_unregister(int fd, void *at, size_t n)
{
    struct uffdio_range r = {(uintptr_t)at, n};

    return ioctl(fd, UFFDIO_UNREGISTER, &r);
}

static inline int uffd_wake(int fd, void *at, size_t n)
{
    struct uffdio_range r = {(uintptr_t)at, n};

    return ioctl(fd, UFFDIO_WAKE, &r);
}

/* What the call says; *done: what it leaves in the structure. */
static inline int uffd_copy(int fd, void *to, const void *from, size_t n, uint64_t mode, int64_t *done)
{
    struct uffdio_copy c = {
        .dst = (uintptr_t)to, .src = (uintptr_t)from, .len = n, .mode = mode, .copy = 12345};
    int result = ioctl(fd, UFFDIO_COPY, &c);

    if (done)
        *done = c.copy;
    return result;
}

static inline int uffd_zero(int fd, void *to, size_t n, uint64_t mode, int64_t *done)
{
    struct uffdio_zeropage z = {.range = {(uintptr_t)to, n}, .mode = mode, .zeropage = 12345};
    int result = ioctl(fd, UFFDIO_ZEROPAGE, &z);

    if (done)
        *done = z.zeropage;
    return result;
}

/* The next fault; waits for it. */
static inline struct uffd_msg uffd_next(int fd)
{
    struct uffd_msg message;

    expect(read(fd, &message, sizeof message) == sizeof message, "read");
    expect(message.event == UFFD_EVENT_PAGEFAULT, "event %d", message.event);
    return message;
}

static inline char *uffd_memory(size_t pages, int flags)
{
    char *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

    expect(p != MAP_FAILED, "mmap");
    return p;
}

static inline pthread_t uffd_thread(void *(*script)(void *), void *arg)
{
    pthread_t thread;

    expect(pthread_create(&thread, NULL, script, arg) == 0, "a thread");
    return thread;
}

static inline void *uffd_join(pthread_t thread)
{
    void *result;

    expect(pthread_join(thread, &result) == 0, "join");
    return result;
}
