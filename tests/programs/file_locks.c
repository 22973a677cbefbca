/*
 * Locks on files: ranges that are cut and joined, owners, what closes drop, who waits and who must not, and
 * counting under a lock by processes and by threads.
 *
 * @output cut: 0-9 shared, 10-19 alone, 30-end shared
 * @output another process: 0-9 exclusive: refused, shared: granted
 * @output after a close of another number: nothing locked
 * @output two that would wait for each other: Resource deadlock avoided
 * @output a signal ends the wait: Interrupted system call
 * @output flock: of another file: refused, of a copy of the number: granted
 * @output 4 processes, 2000 turns with fcntl, 2000 with flock
 * @output 4 threads, 2000 turns with locks of open files
 */
#define _GNU_SOURCE
#include "expect.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNTERS 4
#define TURNS    500
#define PATH     "/tmp/locks.data"

static int set_lock(int fd, int command, short type, off_t start, off_t length)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};

    return fcntl(fd, command, &lock);
}

static struct flock met_by_stranger(int fd, off_t from, off_t length)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = from, .l_len = length};

    expect(fcntl(fd, F_OFD_GETLK, &lock) == 0, "F_OFD_GETLK: %s", strerror(errno));
    return lock;
}

static void check_met(int fd, off_t at, short type, off_t start, off_t length)
{
    struct flock lock = met_by_stranger(fd, at, 1);

    expect(lock.l_type == type, "byte %ld: type %d, not %d", (long)at, lock.l_type, type);
    if (type != F_UNLCK)
        expect(lock.l_start == start && lock.l_len == length, "byte %ld: %ld+%ld", (long)at,
               (long)lock.l_start, (long)lock.l_len);
}

/* 0 when a child gets the lock, else its errno. */
static int child_locks(short type, off_t start, off_t length)
{
    int status;
    pid_t child = fork();

    expect(child >= 0, "fork");
    if (child == 0) {
        int fd = open(PATH, O_RDWR);
        _exit(set_lock(fd, F_SETLK, type, start, length) ? errno : 0);
    }
    expect(waitpid(child, &status, 0) == child && WIFEXITED(status), "waitpid");
    return WEXITSTATUS(status);
}

static void ranges(int fd)
{
    expect(set_lock(fd, F_SETLK, F_RDLCK, 0, 0) == 0, "all shared");
    expect(set_lock(fd, F_SETLK, F_WRLCK, 10, 5) == 0, "10-14 alone");
    expect(set_lock(fd, F_SETLK, F_WRLCK, 15, 5) == 0, "15-19 alone");
    expect(set_lock(fd, F_SETLK, F_UNLCK, 30, -10) == 0, "20-29 free");
    check_met(fd, 5, F_RDLCK, 0, 10);
    check_met(fd, 12, F_WRLCK, 10, 10);
    check_met(fd, 25, F_UNLCK, 0, 0);
    check_met(fd, 1000, F_RDLCK, 30, 0);
    expect(met_by_stranger(fd, 12, 1).l_pid == getpid(), "whose it is");
    printf("cut: 0-9 shared, 10-19 alone, 30-end shared\n");
    expect(child_locks(F_WRLCK, 0, 10) == EAGAIN && child_locks(F_RDLCK, 0, 10) == 0 &&
               child_locks(F_RDLCK, 12, 1) == EAGAIN && child_locks(F_WRLCK, 20, 10) == 0,
           "what a child gets");
    printf("another process: 0-9 exclusive: refused, shared: granted\n");
    int other = open(PATH, O_RDONLY);
    expect(set_lock(other, F_SETLK, F_WRLCK, 0, 1) == -1 && errno == EBADF, "exclusive without writing");
    close(other);
    check_met(fd, 12, F_UNLCK, 0, 0);
    printf("after a close of another number: nothing locked\n");
}

static void deadlock(int fd)
{
    int ready[2], status;
    char c;

    expect(pipe(ready) == 0 && set_lock(fd, F_SETLK, F_WRLCK, 0, 1) == 0, "byte 0");
    pid_t child = fork();
    if (child == 0) {
        expect(set_lock(fd, F_SETLK, F_WRLCK, 1, 1) == 0, "byte 1");
        expect(write(ready[1], "x", 1) == 1, "write");
        _exit(set_lock(fd, F_SETLKW, F_WRLCK, 0, 1) ? errno : 0); /* waits, until one of the two is refused */
    }
    expect(read(ready[0], &c, 1) == 1, "read");
    int error = set_lock(fd, F_SETLKW, F_WRLCK, 1, 1) ? errno : 0;
    expect(set_lock(fd, F_SETLK, F_UNLCK, 0, 2) == 0, "unlock");
    expect(waitpid(child, &status, 0) == child && WIFEXITED(status), "waitpid");
    expect(error + WEXITSTATUS(status) == EDEADLK, "exactly one is refused: %d, %d", error,
           WEXITSTATUS(status));
    printf("two that would wait for each other: %s\n", strerror(EDEADLK));
}

static void on_alarm(int number)
{
    (void)number;
}

static void interrupted(int fd)
{
    struct sigaction action = {.sa_handler = on_alarm};
    int told[2], done[2];
    char c;

    expect(pipe(told) == 0 && pipe(done) == 0, "pipe");
    pid_t child = fork();
    if (child == 0) {
        expect(set_lock(fd, F_SETLK, F_WRLCK, 0, 0) == 0, "child's lock");
        expect(write(told[1], "x", 1) == 1 && read(done[0], &c, 1) == 1, "pipes");
        _exit(0);
    }
    expect(read(told[0], &c, 1) == 1, "read");
    sigaction(SIGALRM, &action, NULL);
    ualarm(20000, 20000); /* again and again: one may come before the wait */
    expect(set_lock(fd, F_SETLKW, F_RDLCK, 0, 1) == -1, "the child has it");
    printf("a signal ends the wait: %s\n", strerror(errno));
    ualarm(0, 0);
    expect(write(done[1], "x", 1) == 1 && waitpid(child, NULL, 0) == child, "the child's end");
}

static void whole_files(int fd)
{
    int other = open(PATH, O_RDWR), copy = dup(fd);

    expect(flock(fd, LOCK_EX) == 0, "flock");
    expect(flock(other, LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK, "of another file");
    expect(flock(copy, LOCK_EX | LOCK_NB) == 0, "of a copy");
    expect(set_lock(other, F_SETLK, F_WRLCK, 0, 0) == 0, "records do not see flock");
    close(copy);
    expect(flock(other, LOCK_SH | LOCK_NB) == -1, "still there after the copy's close");
    expect(flock(fd, LOCK_UN) == 0 && flock(other, LOCK_SH | LOCK_NB) == 0, "given back");
    close(other);
    printf("flock: of another file: refused, of a copy of the number: granted\n");
}

static volatile int *counter;

static void count(int fd, int (*lock)(int), int (*unlock)(int))
{
    for (int i = 0; i < TURNS; i++) {
        expect(lock(fd) == 0, "lock: %s", strerror(errno));
        int n = *counter;
        if (i % 16 == 0)
            sched_yield();
        *counter = n + 1;
        expect(unlock(fd) == 0, "unlock: %s", strerror(errno));
    }
}

static int lock_record(int fd)
{
    return set_lock(fd, F_SETLKW, F_WRLCK, 100, 1);
}
static int unlock_record(int fd)
{
    return set_lock(fd, F_SETLK, F_UNLCK, 100, 1);
}
static int lock_whole(int fd)
{
    return flock(fd, LOCK_EX);
}
static int unlock_whole(int fd)
{
    return flock(fd, LOCK_UN);
}
static int lock_open_file(int fd)
{
    return set_lock(fd, F_OFD_SETLKW, F_WRLCK, 100, 1);
}
static int unlock_open_file(int fd)
{
    return set_lock(fd, F_OFD_SETLK, F_UNLCK, 100, 1);
}

static void by_processes(int (*lock)(int), int (*unlock)(int))
{
    int status;

    *counter = 0;
    for (int i = 0; i < COUNTERS; i++) {
        if (fork())
            continue;
        count(open(PATH, O_RDWR), lock, unlock);
        _exit(0);
    }
    for (int i = 0; i < COUNTERS; i++)
        expect(wait(&status) > 0 && status == 0, "a counter's end");
    expect(*counter == COUNTERS * TURNS, "%d turns", *counter);
}

static void *one_thread(__attribute__((unused)) void *arg)
{
    int fd = open(PATH, O_RDWR);

    count(fd, lock_open_file, unlock_open_file);
    close(fd);
    return NULL;
}

static void by_threads(void)
{
    pthread_t thread[COUNTERS];

    *counter = 0;
    for (int i = 0; i < COUNTERS; i++)
        pthread_create(&thread[i], NULL, one_thread, NULL);
    for (int i = 0; i < COUNTERS; i++)
        pthread_join(thread[i], NULL);
    expect(*counter == COUNTERS * TURNS, "%d turns", *counter);
}

int main(void)
{
    int fd = open(PATH, O_RDWR | O_CREAT | O_TRUNC, 0600);

    setvbuf(stdout, NULL, _IONBF, 0);
    counter = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    expect(fd >= 0 && counter != MAP_FAILED, "a file and a page");
    ranges(fd);
    deadlock(fd);
    interrupted(fd);
    whole_files(fd);
    by_processes(lock_record, unlock_record);
    by_processes(lock_whole, unlock_whole);
    printf("4 processes, 2000 turns with fcntl, 2000 with flock\n");
    by_threads();
    printf("4 threads, 2000 turns with locks of open files\n");
    unlink(PATH);
    return 0;
}
