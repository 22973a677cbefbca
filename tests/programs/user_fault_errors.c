/*
 * userfaultfd(2) and ioctl_userfaultfd(2): what is refused, and what is said.
 *
 * @output the handshake
 * @output which memory
 * @output answers
 * @output reading and polling
 */
#define _GNU_SOURCE
#include "user_faults.h"
#include <poll.h>
#include <stdio.h>

#define PAGES 8

static char bytes[3 * PAGE];

static void handshake(void)
{
    struct uffdio_api api = {.api = UFFD_API + 1, .features = 0, .ioctls = 1};
    struct uffd_msg message;
    char *p = uffd_memory(1, MAP_PRIVATE);
    int fd;

    refused(uffd_raw(2), EINVAL);
    fd = uffd_raw(O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
    expect(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC, "userfaultfd");
    struct pollfd wait = {fd, POLLIN, 0};
    refused(uffd_register(fd, p, PAGE), EINVAL);
    refused(uffd_wake(fd, p, PAGE), EINVAL);
    refused(read(fd, &message, sizeof message), EINVAL);
    expect(poll(&wait, 1, 0) == 1 && wait.revents == POLLERR, "poll: %#x", wait.revents);
    refused(ioctl(fd, UFFDIO_API, NULL), EFAULT);
    refused(ioctl(fd, UFFDIO_API, &api), EINVAL);
    expect(api.api == 0 && api.features == 0 && api.ioctls == 0, "cleared");
    api = (struct uffdio_api){.api = UFFD_API, .features = 1ull << 63};
    refused(ioctl(fd, UFFDIO_API, &api), EINVAL);
    api = (struct uffdio_api){.api = UFFD_API, .features = UFFD_FEATURE_MISSING_SHMEM};
    expect(ioctl(fd, UFFDIO_API, &api) == 0, "UFFDIO_API");
    const uint64_t features = UFFD_FEATURE_MISSING_SHMEM | UFFD_FEATURE_SIGBUS | UFFD_FEATURE_THREAD_ID;
    expect((api.features & features) == features, "features %#llx", api.features);
    expect(api.ioctls == (1ull << _UFFDIO_API | 1ull << _UFFDIO_REGISTER | 1ull << _UFFDIO_UNREGISTER),
           "ioctls %#llx", api.ioctls);
    refused(ioctl(fd, UFFDIO_API, &api), EINVAL);
    refused(ioctl(fd, 0xaa77, p), EINVAL);
    refused(write(fd, &message, sizeof message), EBADF);
    close(fd);
    expect(setresuid(1, 1, 0) == 0, "setresuid");
    refused(uffd_raw(0), EPERM);
    fd = uffd_raw(UFFD_USER_MODE_ONLY);
    expect(fd >= 0 && setresuid(0, 0, 0) == 0, "for a program's own accesses everybody may");
    close(fd);
    munmap(p, PAGE);
    printf("the handshake\n");
}

static int register_mode(int fd, uint64_t start, uint64_t n, uint64_t mode)
{
    struct uffdio_register r = {.range = {start, n}, .mode = mode};

    return ioctl(fd, UFFDIO_REGISTER, &r);
}

static void which_memory(void)
{
    int fd = uffd_open(0, 0), other = uffd_open(0, 0), file = memfd_create("read-only", 0);
    char path[40], *p = uffd_memory(PAGES, MAP_PRIVATE), *file_at;
    uint64_t at = (uintptr_t)p;
    struct uffdio_register r = {.range = {at, PAGE}, .mode = UFFDIO_REGISTER_MODE_MISSING};

    refused(register_mode(fd, at, PAGE, 0), EINVAL);
    refused(register_mode(fd, at, PAGE, 1 << 7), EINVAL);
    refused(register_mode(fd, at + 1, PAGE, 1), EINVAL);
    refused(register_mode(fd, at, PAGE + 1, 1), EINVAL);
    refused(register_mode(fd, at, 0, 1), EINVAL);
    refused(register_mode(fd, 0, PAGE, 1), EINVAL);
    refused(register_mode(fd, at, 1ull << 40, 1), EINVAL);
    refused(register_mode(fd, 1ull << 40, PAGE, 1), EINVAL);
    refused(register_mode(fd, -(uint64_t)PAGE, PAGE, 1), EINVAL);
    refused(ioctl(fd, UFFDIO_REGISTER, NULL), EFAULT);
    expect(munmap(p + 4 * PAGE, PAGE) == 0, "a hole");
    refused(uffd_register(fd, p + 4 * PAGE, PAGE), EINVAL);
    expect(ioctl(fd, UFFDIO_REGISTER, &r) == 0, "UFFDIO_REGISTER");
    const uint64_t ranges = 1ull << _UFFDIO_WAKE | 1ull << _UFFDIO_COPY | 1ull << _UFFDIO_ZEROPAGE;
    expect((r.ioctls & ranges) == ranges, "ioctls %#llx", r.ioctls);
    expect(uffd_register(fd, p, PAGES * PAGE) == 0, "again, and over a hole");
    refused(uffd_register(other, p + PAGE, PAGE), EBUSY);
    expect(uffd_unregister(fd, p + PAGE, PAGE) == 0 && uffd_register(other, p + PAGE, PAGE) == 0,
           "given away");
    refused(uffd_unregister(fd, p + 4 * PAGE, PAGE), EINVAL);
    refused(uffd_unregister(fd, p + 1, PAGE), EINVAL);

    expect(file >= 0 && ftruncate(file, PAGE) == 0, "memfd");
    sprintf(path, "/proc/self/fd/%d", file);
    int reader = open(path, O_RDONLY);
    expect(reader >= 0, "%s", path);
    file_at = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, reader, 0);
    expect(file_at != MAP_FAILED, "mmap");
    refused(uffd_register(fd, file_at, PAGE), EPERM);
    close(reader);
    close(file);
    close(fd);
    close(other);
    munmap(file_at, PAGE);
    munmap(p, PAGES * PAGE);
    printf("which memory\n");
}

static void answers(void)
{
    int fd = uffd_open(0, 0), file = memfd_create("one page", 0);
    char *p = uffd_memory(PAGES, MAP_PRIVATE), *file_at;
    int64_t done;

    memset(bytes, 'b', sizeof bytes);
    refused(uffd_copy(fd, p, bytes, PAGE, 0, &done), ENOENT);
    expect(done == -ENOENT, "%lld", (long long)done);
    expect(uffd_register(fd, p, 6 * PAGE) == 0, "register");
    refused(uffd_copy(fd, p + 5 * PAGE, bytes, 2 * PAGE, 0, &done), ENOENT);
    refused(uffd_copy(fd, p, bytes, PAGE, 1 << 7, &done), EINVAL);
    expect(done == 12345, "%lld", (long long)done);
    refused(uffd_copy(fd, p, bytes, PAGE + 1, 0, NULL), EINVAL);
    refused(uffd_copy(fd, p, bytes, 0, 0, NULL), EINVAL);
    refused(uffd_copy(fd, p + 1, bytes, PAGE, 0, NULL), EINVAL);
    refused(uffd_copy(fd, p, (char *)16, PAGE, 0, &done), EFAULT);
    expect(done == -EFAULT, "%lld", (long long)done);
    expect(uffd_copy(fd, p + 2 * PAGE, bytes + 5, PAGE, 0, &done) == 0 && done == PAGE, "from anywhere");
    refused(uffd_copy(fd, p + 2 * PAGE, bytes, PAGE, 0, &done), EEXIST);
    expect(done == -EEXIST, "%lld", (long long)done);
    refused(uffd_copy(fd, p, bytes, 3 * PAGE, 0, &done), EAGAIN);
    expect(done == 2 * PAGE && p[PAGE] == 'b', "as far as it came: %lld", (long long)done);
    refused(uffd_zero(fd, p, PAGE, 0, &done), EEXIST);
    expect(done == -EEXIST, "%lld", (long long)done);
    expect(uffd_zero(fd, p + 3 * PAGE, 2 * PAGE, 0, &done) == 0 && done == 2 * PAGE, "zeroes");
    p[3 * PAGE] = 'w';
    expect(p[3 * PAGE] == 'w' && p[4 * PAGE] == 0, "and they may be written");
    refused(uffd_wake(fd, p + 1, PAGE), EINVAL);
    refused(uffd_wake(fd, p, 0), EINVAL);
    expect(mprotect(p, 6 * PAGE, PROT_NONE) == 0 && uffd_copy(fd, p + 5 * PAGE, bytes, PAGE, 0, NULL) == 0,
           "hidden");
    expect(mprotect(p, 6 * PAGE, PROT_READ) == 0 && p[5 * PAGE] == 'b' && p[PAGE] == 'b', "and shown again");

    expect(file >= 0 && ftruncate(file, PAGE) == 0, "memfd");
    for (int flags = MAP_SHARED; flags <= MAP_PRIVATE; flags++) {
        file_at = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, flags, file, 0);
        expect(file_at != MAP_FAILED && uffd_register(fd, file_at, 2 * PAGE) == 0, "register");
        refused(uffd_copy(fd, file_at + PAGE, bytes, PAGE, 0, NULL), EFAULT);
        munmap(file_at, 2 * PAGE);
    }
    close(file);
    close(fd);
    munmap(p, PAGES * PAGE);
    printf("answers\n");
}

static void *read_page(void *at)
{
    return (void *)(uintptr_t) * (volatile char *)at;
}

static void reading(void)
{
    int fd = uffd_open(0, 0);
    struct uffd_msg messages[4];
    struct pollfd wait = {fd, POLLIN, 0};
    char *p = uffd_memory(PAGES, MAP_PRIVATE);

    expect(poll(&wait, 1, 0) == 1 && wait.revents == POLLERR, "blocking: %#x", wait.revents);
    refused(read(fd, messages, sizeof *messages - 1), EINVAL);
    expect(fcntl(fd, F_SETFL, O_NONBLOCK) == 0, "F_SETFL");
    expect(poll(&wait, 1, 0) == 0, "nothing: %#x", wait.revents);
    refused(read(fd, messages, sizeof messages), EAGAIN);
    expect(uffd_register(fd, p, PAGES * PAGE) == 0, "register");
    pthread_t threads[2] = {uffd_thread(read_page, p), uffd_thread(read_page, p + PAGE)};
    uint64_t seen = 0;
    for (int told = 0; told < 2;) { /* both at once, or one after the other */
        expect(poll(&wait, 1, -1) == 1 && wait.revents == POLLIN, "poll: %#x", wait.revents);
        ssize_t n = read(fd, messages, sizeof messages);
        expect(n > 0 && n % sizeof *messages == 0, "read: %zd", n);
        for (int i = 0; i < n / (int)sizeof *messages; i++, told++)
            seen |= 1u << ((messages[i].arg.pagefault.address - (uintptr_t)p) / PAGE);
    }
    expect(seen == 3, "%#llx", (long long)seen);
    expect(uffd_zero(fd, p, 2 * PAGE, 0, NULL) == 0, "UFFDIO_ZEROPAGE");
    expect(!uffd_join(threads[0]) && !uffd_join(threads[1]), "join");
    close(fd);
    munmap(p, PAGES * PAGE);
    printf("reading and polling\n");
}

int main(void)
{
    handshake();
    which_memory();
    answers();
    reading();
    return 0;
}
