/*
 * Vectors, pipes, waiting for files: readv(2), poll(2), select(2), epoll(7), fcntl(2), ioctl(2),
 * memfd_create(2).
 *
 * @libc glibc
 * @output all checks passed
 */
#include "checks.h"
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define NOWHERE ((void *)4)

/* What is there is enough: the second piece does not wait for more. */
static void check_short_read(void)
{
    char one[10], two[10];
    int ends[2];
    const struct iovec pieces[] = {{NULL, 0}, {one, 10}, {two, 10}};
    check(pipe(ends) == 0 && write(ends[1], "0123456789", 10) == 10);
    check(readv(ends[0], pieces, 3) == 10);
    close(ends[0]);
    close(ends[1]);
}

/* All lengths are looked at before a byte is moved. */
static void check_wrong_pieces(void)
{
    char bytes[16];
    int ends[2];
    struct iovec pieces[] = {{bytes, 3}, {bytes, (size_t)-1}};
    check(pipe2(ends, O_NONBLOCK) == 0);
    check(writev(ends[1], pieces, 2) == -1 && errno == EINVAL);
    check(read(ends[0], bytes, sizeof bytes) == -1 && errno == EAGAIN);
    check(syscall(SYS_writev, ends[1], NOWHERE, 1) == -1 && errno == EFAULT);
    check(syscall(SYS_writev, ends[1], pieces, IOV_MAX + 1) == -1 && errno == EINVAL);
    check(syscall(SYS_writev, ends[1], pieces, 0) == 0);
    check(writev(ends[0], pieces, 1) == -1 && errno == EBADF);
    check(preadv(ends[0], pieces, 1, 0) == -1 && errno == ESPIPE);
    close(ends[0]);
    close(ends[1]);
}

/* Pieces go into a pipe together or not at all. */
static void check_whole_writes(void)
{
    static char bytes[65536];
    int ends[2];
    struct iovec pieces[] = {{bytes, 50}, {bytes, 100}};
    check(pipe2(ends, O_NONBLOCK) == 0 && write(ends[1], bytes, sizeof bytes) == sizeof bytes);
    check(read(ends[0], bytes, 100) == 100); /* room for the first of them */
    check(writev(ends[1], pieces, 2) == -1 && errno == EAGAIN);
    while (read(ends[0], bytes, sizeof bytes) > 0)
        ;
    check(writev(ends[1], pieces, 2) == 150 && read(ends[0], bytes, sizeof bytes) == 150);
    pieces[1].iov_base = NOWHERE;
    check(writev(ends[1], pieces, 2) == -1 && errno == EFAULT);
    check(read(ends[0], bytes, sizeof bytes) == -1 && errno == EAGAIN);
    close(ends[0]);
    check(writev(ends[1], pieces, 0) == 0);
    signal(SIGPIPE, SIG_IGN);
    check(writev(ends[1], pieces, 1) == -1 && errno == EPIPE);
    close(ends[1]);
}

static void check_many_pieces(void)
{
    char bytes[20];
    struct iovec pieces[20];
    int file = memfd_create("pieces", 0);
    for (int i = 0; i < 20; i++)
        pieces[i] = (struct iovec){&bytes[i], 1};
    memcpy(bytes, "abcdefghijklmnopqrst", 20);
    check(writev(file, pieces, 20) == 20 && lseek(file, 0, SEEK_SET) == 0);
    memset(bytes, 0, sizeof bytes);
    pieces[5].iov_base = NOWHERE;
    check(readv(file, pieces, 20) == 5 && memcmp(bytes, "abcde", 6) == 0);
    check(lseek(file, 0, SEEK_CUR) == 5);
    int left = 0;
    check(ioctl(file, FIONREAD, &left) == 0 && left == 15);
    char link[32], path[64] = {0};
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    check(readlink(link, path, sizeof path - 1) > 0 && !strcmp(path, "/memfd:pieces (deleted)"));
    close(file);
}

/* Normal data by its own names alone. */
static void check_normal_data(void)
{
    int ends[2], set = epoll_create1(0);
    check(pipe(ends) == 0 && write(ends[1], "x", 1) == 1);
    struct pollfd polled[] = {{ends[0], POLLRDNORM, 0}, {ends[1], POLLWRNORM, 0}};
    check(poll(polled, 2, -1) == 2 && polled[0].revents == POLLRDNORM && polled[1].revents == POLLWRNORM);
    struct epoll_event event = {.events = EPOLLRDNORM};
    check(epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &event) == 0);
    check(epoll_wait(set, &event, 1, -1) == 1 && event.events == EPOLLRDNORM);
    close(set);
    close(ends[0]);
    close(ends[1]);
}

/* Linux's select tells what was left of its time. */
static void check_select(void)
{
    int ends[2];
    fd_set set;
    check(pipe(ends) == 0);
    int32_t time[2] = {0, 1000}; /* the kernel's own form */
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    check(syscall(SYS__newselect, ends[0] + 1, &set, NULL, NULL, time) == 0 && !time[0] && !time[1]);
    check(write(ends[1], "x", 1) == 1);
    time[0] = 1000;
    FD_SET(ends[0], &set);
    check(syscall(SYS__newselect, ends[0] + 1, &set, NULL, NULL, time) == 1 && time[0] > 0 &&
          time[0] <= 1000);
    time[0] = -1;
    check(syscall(SYS__newselect, 0, NULL, NULL, NULL, time) == -1 && errno == EINVAL);
    close(ends[0]);
    close(ends[1]);
}

static void check_numbers(void)
{
    struct rlimit limit;
    check(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = 64;
    check(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    check(fcntl(0, F_DUPFD, 64) == -1 && errno == EINVAL);
    check(fcntl(0, F_DUPFD, -1) == -1 && errno == EINVAL);
    check(fcntl(99, F_DUPFD, 0) == -1 && errno == EBADF);
    check(fcntl(0, F_DUPFD, 63) == 63 && fcntl(0, F_DUPFD, 63) == -1 && errno == EMFILE);
    close(63);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    check_short_read();
    check_wrong_pieces();
    check_whole_writes();
    check_many_pieces();
    check_normal_data();
    check_select();
    check_numbers();
    return finish();
}
