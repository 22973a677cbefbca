/*
 * epoll: levels and edges, one-shot, changes, files that are closed, sets in sets, threads that wait, and what
 * is refused.
 *
 * @output level: 1 1 0
 * @output edge: 1 0 1
 * @output one-shot: 1 0 1
 * @output closed: 0
 * @output hung up: yes
 * @output regular file: Operation not permitted
 * @output nested: 2 writers, 2000 tokens
 * @output 4 writers, 4000 tokens, none lost
 */
#define _GNU_SOURCE
#include "expect.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define WRITERS 4
#define TOKENS  1000

static int set;

static void watch(int op, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};

    expect(epoll_ctl(set, op, fd, &event) == 0, "epoll_ctl %d of %d", op, fd);
}

static void say_ready(const char *before)
{
    struct epoll_event event;

    printf("%s %d", before, epoll_wait(set, &event, 1, 0));
}

static void put(int fd)
{
    expect(write(fd, "x", 1) == 1, "write");
}

static void take(int fd)
{
    char c;

    expect(read(fd, &c, 1) == 1, "read");
}

static void modes(void)
{
    int p[2];

    expect(pipe(p) == 0, "pipe");
    watch(EPOLL_CTL_ADD, p[0], EPOLLIN);
    put(p[1]);
    say_ready("level:");
    say_ready("");
    take(p[0]);
    say_ready("");

    watch(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLET);
    put(p[1]);
    say_ready("\nedge:");
    say_ready("");
    put(p[1]); /* the first byte was not read: a new edge all the same */
    say_ready("");
    take(p[0]);
    take(p[0]);

    watch(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT);
    put(p[1]);
    say_ready("\none-shot:");
    say_ready("");
    watch(EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT);
    say_ready("");

    watch(EPOLL_CTL_MOD, p[0], EPOLLIN);
    close(p[0]); /* with a byte in it: it would be ready */
    say_ready("\nclosed:");
    close(p[1]);

    expect(pipe(p) == 0, "pipe");
    watch(EPOLL_CTL_ADD, p[0], EPOLLIN);
    close(p[1]); /* the set holds no end of the pipe open */
    struct epoll_event event;
    expect(epoll_wait(set, &event, 1, -1) == 1, "epoll_wait");
    printf("\nhung up: %s\n", event.events & EPOLLHUP ? "yes" : "no");
    close(p[0]);
}

static void refusals(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    int file = open("/tmp/file", O_RDWR | O_CREAT, 0600), other = epoll_create1(0), p[2];

    expect(epoll_ctl(set, EPOLL_CTL_ADD, file, &event) == -1, "a regular file was taken");
    printf("regular file: %s\n", strerror(errno));
    expect(epoll_ctl(set, EPOLL_CTL_ADD, set, &event) == -1 && errno == EINVAL, "a set in itself");
    expect(epoll_ctl(set, EPOLL_CTL_ADD, 999, &event) == -1 && errno == EBADF, "no such file");
    expect(epoll_ctl(file, EPOLL_CTL_ADD, other, &event) == -1 && errno == EINVAL, "no set");
    expect(epoll_wait(set, &event, 0, 0) == -1 && errno == EINVAL, "no room");
    expect(epoll_create1(1) == -1 && errno == EINVAL, "a flag that is none");
    expect(pipe(p) == 0, "pipe");
    watch(EPOLL_CTL_ADD, p[0], EPOLLIN);
    expect(epoll_ctl(set, EPOLL_CTL_ADD, p[0], &event) == -1 && errno == EEXIST, "twice");
    watch(EPOLL_CTL_DEL, p[0], 0);
    expect(epoll_ctl(set, EPOLL_CTL_DEL, p[0], &event) == -1 && errno == ENOENT, "gone");
    expect(epoll_ctl(set, EPOLL_CTL_MOD, p[0], &event) == -1 && errno == ENOENT, "gone");
    close(p[0]);
    close(p[1]);
    close(other);
    close(file);
}

/* A set in a set is ready while one of its own files is; none is inside itself, nor more than five deep. */
static void sets_in_sets(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    int s[6], p[2], loose = epoll_create1(0);

    expect(pipe(p) == 0, "pipe");
    for (int i = 0; i < 6; i++)
        expect((s[i] = epoll_create1(0)) >= 0, "epoll_create1");
    expect(epoll_ctl(s[0], EPOLL_CTL_ADD, p[0], &event) == 0, "a pipe in the innermost");
    for (int i = 1; i < 5; i++)
        expect(epoll_ctl(s[i], EPOLL_CTL_ADD, s[i - 1], &event) == 0, "set %d in set %d", i - 1, i);
    expect(epoll_ctl(s[5], EPOLL_CTL_ADD, s[4], &event) == -1 && errno == ELOOP, "six deep");
    expect(epoll_ctl(s[0], EPOLL_CTL_ADD, loose, &event) == -1 && errno == ELOOP, "six deep, inwards");
    expect(epoll_ctl(s[0], EPOLL_CTL_ADD, s[4], &event) == -1 && errno == ELOOP, "a circle");
    expect(epoll_ctl(s[4], EPOLL_CTL_ADD, s[0], &event) == 0, "two ways to one set");

    struct pollfd fd = {.fd = s[4], .events = POLLIN};
    expect(epoll_wait(s[4], &event, 1, 0) == 0 && poll(&fd, 1, 0) == 0, "ready before there is anything");
    put(p[1]);
    expect(epoll_wait(s[4], &event, 1, -1) == 1 && poll(&fd, 1, -1) == 1, "not ready");
    expect(epoll_wait(s[0], &event, 1, -1) == 1, "the innermost is not ready");
    take(p[0]);
    expect(epoll_wait(s[4], &event, 1, 0) == 0 && poll(&fd, 1, 0) == 0, "ready after all was read");
    put(p[1]);
    close(s[2]); /* out of the middle: the long way is gone, the short one is there */
    expect(epoll_wait(s[4], &event, 1, -1) == 1, "not ready without the middle");
    expect(epoll_wait(s[3], &event, 1, 0) == 0, "ready behind a set that was closed");
    for (int i = 0; i < 6; i++)
        close(s[i]);
    close(loose);
    close(p[0]);
    close(p[1]);
}

static void *writer(void *arg)
{
    for (int i = 0; i < TOKENS; i++)
        put(*(int *)arg);
    close(*(int *)arg);
    return NULL;
}

/* Tokens from two pipes, each in a set of its own, while the outer set is waited for. */
static void nested_from_threads(void)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    int outer = epoll_create1(0), inner[2], ends[2][2], open_ends = 2, tokens = 0;
    pthread_t thread[2];

    for (int i = 0; i < 2; i++) {
        expect(pipe2(ends[i], O_NONBLOCK) == 0, "pipe2");
        inner[i] = epoll_create1(0);
        event.data.fd = ends[i][0];
        expect(epoll_ctl(inner[i], EPOLL_CTL_ADD, ends[i][0], &event) == 0, "a pipe");
        event.data.fd = inner[i];
        expect(epoll_ctl(outer, EPOLL_CTL_ADD, inner[i], &event) == 0, "a set");
        expect(pthread_create(&thread[i], NULL, writer, &ends[i][1]) == 0, "pthread_create");
    }
    while (open_ends) {
        expect(epoll_wait(outer, &event, 1, -1) == 1, "epoll_wait outside");
        int set_inside = event.data.fd;
        while (epoll_wait(set_inside, &event, 1, 0) == 1) {
            char buffer[64];
            ssize_t got;
            while ((got = read(event.data.fd, buffer, sizeof buffer)) > 0)
                tokens += (int)got;
            if (got == 0) {
                close(event.data.fd);
                open_ends--;
            }
        }
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(thread[i], NULL);
        close(inner[i]);
    }
    close(outer);
    printf("nested: 2 writers, %d tokens\n", tokens);
}

/* Edges from four pipes, drained as edges ask for: until there is nothing. A lost edge is a wait without end.
 */
static void edges_from_threads(void)
{
    pthread_t thread[WRITERS];
    int ends[WRITERS][2], open_ends = WRITERS, tokens = 0;

    for (int i = 0; i < WRITERS; i++) {
        expect(pipe2(ends[i], O_NONBLOCK) == 0, "pipe2");
        watch(EPOLL_CTL_ADD, ends[i][0], EPOLLIN | EPOLLET);
        expect(pthread_create(&thread[i], NULL, writer, &ends[i][1]) == 0, "pthread_create");
    }
    while (open_ends) {
        struct epoll_event events[WRITERS];
        int n = epoll_wait(set, events, WRITERS, -1);
        for (int i = 0; i < n; i++) {
            char buffer[64];
            ssize_t got;
            while ((got = read(events[i].data.fd, buffer, sizeof buffer)) > 0)
                tokens += (int)got;
            if (got == 0) {
                close(events[i].data.fd);
                open_ends--;
            }
        }
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(thread[i], NULL);
    printf("%d writers, %d tokens, %s\n", WRITERS, tokens,
           tokens == WRITERS * TOKENS ? "none lost" : "some lost");
}

int main(void)
{
    set = epoll_create1(EPOLL_CLOEXEC);
    expect(set >= 0, "epoll_create1");
    modes();
    refusals();
    sets_in_sets();
    nested_from_threads();
    edges_from_threads();
    struct pollfd fd = {.fd = set, .events = POLLIN};
    int counter = eventfd(1, 0);
    expect(poll(&fd, 1, 0) == 0, "an empty set is ready");
    watch(EPOLL_CTL_ADD, counter, EPOLLIN);
    expect(poll(&fd, 1, -1) == 1, "a set with a ready file is not");
    close(set);
    return 0;
}
