/*
 * How much a pipe holds: F_GETPIPE_SZ and F_SETPIPE_SZ of fcntl(2).
 *
 * @libc glibc musl
 * @output all checks passed
 */
#include "checks.h"
#include <poll.h>
#include <pthread.h>
#include <stdint.h>

static int ends[2];
static char bytes[1 << 20], back[1 << 20];

static int writable(void)
{
    struct pollfd p = {.fd = ends[1], .events = POLLOUT};
    return poll(&p, 1, 0) == 1;
}

static size_t fill(void)
{
    size_t done = 0;
    for (ssize_t n; (n = write(ends[1], bytes + done, 4096)) > 0; done += (size_t)n)
        ;
    check(errno == EAGAIN && !writable());
    return done;
}

static void check_sizes(void)
{
    check(pipe2(ends, O_NONBLOCK) == 0);
    check(fcntl(ends[0], F_GETPIPE_SZ) == 65536 && fcntl(ends[1], F_GETPIPE_SZ) == 65536);
    check(fill() == 65536);
    check(fcntl(ends[1], F_SETPIPE_SZ, 4096) == -1 && errno == EBUSY);
    check(fcntl(ends[1], F_SETPIPE_SZ, 100000) == 131072 && fcntl(ends[0], F_GETPIPE_SZ) == 131072);
    check(writable());
    check(read(ends[0], back, 50000) == 50000); /* the ring's end is inside of what follows */
    check(write(ends[1], bytes + 65536, 100000) > 0);
    int held = 0;
    check(fcntl(ends[0], F_SETPIPE_SZ, 1 << 20) == 1 << 20);
    for (ssize_t n; (n = read(ends[0], back + 50000 + held, 4000)) > 0; held += (int)n)
        ;
    check(held >= 65536 + 65536 - 50000 && memcmp(back, bytes, 50000 + (size_t)held) == 0);
    check(fcntl(ends[0], F_SETPIPE_SZ, 1) == 4096 && fill() == 4096);
    check(read(ends[0], back, 4096) == 4096 && memcmp(back, bytes, 4096) == 0);
    close(ends[0]);
    close(ends[1]);
}

/* Room made by a larger ring wakes a writer that waits for it. */
static void *write_more(void *unused)
{
    check(write(ends[1], bytes, 8192) == 8192);
    return unused;
}
static void check_waiting_writer(void)
{
    pthread_t writer;
    check(pipe(ends) == 0 && fcntl(ends[0], F_SETPIPE_SZ, 4096) == 4096);
    check(write(ends[1], bytes, 4096) == 4096);
    check(pthread_create(&writer, NULL, write_more, NULL) == 0);
    check(fcntl(ends[0], F_SETPIPE_SZ, 65536) == 65536);
    check(pthread_join(writer, NULL) == 0);
    check(read(ends[0], back, sizeof back) == 3 * 4096);
    close(ends[0]);
    close(ends[1]);
}

/* The size changes while others write and read: nothing is lost, nothing is out of order. */
#define WORDS 200000u
static void *count_up(void *unused)
{
    for (uint32_t i = 0; i < WORDS; i++)
        if (write(ends[1], &i, sizeof i) != sizeof i)
            check(0);
    close(ends[1]);
    return unused;
}
static volatile int over;
static void *resize(void *unused)
{
    for (int size = 4096; !over; size = size == 65536 ? 4096 : size * 2)
        check(fcntl(ends[0], F_SETPIPE_SZ, size) == size || errno == EBUSY);
    return unused;
}
static void check_resized_in_use(void)
{
    pthread_t writer, resizer;
    uint32_t got[1000], next = 0;
    check(pipe(ends) == 0);
    check(pthread_create(&writer, NULL, count_up, NULL) == 0);
    check(pthread_create(&resizer, NULL, resize, NULL) == 0);
    for (ssize_t n; (n = read(ends[0], got, sizeof got)) > 0;)
        for (size_t i = 0; i < (size_t)n / sizeof *got; i++)
            if (got[i] != next++)
                check(0);
    over = 1;
    check(next == WORDS);
    pthread_join(writer, NULL);
    pthread_join(resizer, NULL);
    close(ends[0]);
}

static void check_refusals(void)
{
    int file = open("/dev/null", O_RDWR);
    check(fcntl(file, F_GETPIPE_SZ) == -1 && errno == EBADF);
    check(fcntl(file, F_SETPIPE_SZ, 4096) == -1 && errno == EBADF);
    check(pipe(ends) == 0 && fcntl(ends[0], F_SETPIPE_SZ, -1) == -1 && errno == EINVAL);
    pid_t pid = fork();
    if (pid == 0) {
        if (setresuid(1000, 1000, 1000) != 0)
            _exit(1);
        _exit(fcntl(ends[0], F_SETPIPE_SZ, 1 << 21) == -1 && errno == EPERM ? 0 : 2);
    }
    check(child_status(pid) == 0);
    close(file);
}

int main(void)
{
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7 + i / 251);
    check_sizes();
    check_waiting_writer();
    check_resized_in_use();
    check_refusals();
    return finish();
}
