/*
 * userfaultfd(2): four threads touch memory whose pages a fifth provides, of every kind that can be
 * registered. Each page comes once, and everybody finds it whole.
 *
 * @output four threads, one handler: private
 * @output four threads, one handler: shared
 * @output four threads, one handler: a file, shared
 * @output four threads, one handler: a file, private
 */
#include "user_faults.h"
#include <poll.h>

#define PAGES   64
#define THREADS 4

static int fd;
static char *base;
static char bytes[PAGE]; /* the handler's: what it provides */

static int value_of(size_t page)
{
    return (int)(page % 100) + 1;
}

/* Each begins elsewhere; every third access is a write. The sum of what it found. */
static void *touch_all(void *arg)
{
    size_t first = (size_t)(uintptr_t)arg, wrong = 0;

    for (size_t i = 0; i < PAGES; i++) {
        size_t page = (first + i) % PAGES;
        if (i % 3 == 0)
            __atomic_store_n(&base[page * PAGE + 8 + first % THREADS], (char)first, __ATOMIC_SEQ_CST);
        wrong += base[page * PAGE] != value_of(page) || base[page * PAGE + PAGE - 1] != value_of(page);
    }
    return (void *)(uintptr_t)wrong;
}

/* Until the other end of `stop` is closed. Two threads may ask for one page: it is there then, and the second
 * is woken. */
static void *handle(void *arg)
{
    struct pollfd wait[2] = {{fd, POLLIN, 0}, {*(int *)arg, POLLIN, 0}};
    struct uffd_msg messages[3];
    uintptr_t answered = 0;

    for (;;) {
        expect(poll(wait, 2, -1) > 0, "poll");
        ssize_t n = read(fd, messages, sizeof messages);
        if (n < 0 && errno == EAGAIN && wait[1].revents)
            return (void *)answered;
        expect(n > 0 || errno == EAGAIN, "read: %zd", n);
        for (int i = 0; i < n / (int)sizeof *messages; i++) {
            char *at = (char *)(uintptr_t)messages[i].arg.pagefault.address;
            expect(messages[i].event == UFFD_EVENT_PAGEFAULT && (uintptr_t)at % PAGE == 0, "at %p", at);
            memset(bytes, value_of((size_t)(at - base) / PAGE), PAGE);
            if (uffd_copy(fd, at, bytes, PAGE, 0, NULL) == 0)
                answered++;
            else
                expect(errno == EEXIST && uffd_wake(fd, at, PAGE) == 0, "at %p", at);
        }
    }
}

static void threads_and_handler(const char *what, char *memory)
{
    pthread_t threads[THREADS], handler;
    int stop[2];

    base = memory;
    fd = uffd_open(O_NONBLOCK, 0);
    expect(pipe(stop) == 0 && uffd_register(fd, base, PAGES * PAGE) == 0, "register");
    handler = uffd_thread(handle, &stop[0]);
    for (size_t i = 0; i < THREADS; i++)
        threads[i] = uffd_thread(touch_all, (void *)(i * PAGES / THREADS));
    for (size_t i = 0; i < THREADS; i++)
        expect(uffd_join(threads[i]) == NULL, "a thread found other bytes");
    close(stop[1]);
    expect((uintptr_t)uffd_join(handler) == PAGES, "each page once");
    close(stop[0]);
    close(fd);
    expect(munmap(base, PAGES * PAGE) == 0, "munmap");
    printf("four threads, one handler: %s\n", what);
}

static char *file_memory(int flags)
{
    int file = memfd_create("pages", 0);
    char *p;

    expect(file >= 0 && ftruncate(file, PAGES * PAGE) == 0, "memfd");
    p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, flags, file, 0);
    expect(p != MAP_FAILED, "mmap");
    close(file);
    return p;
}

int main(void)
{
    threads_and_handler("private", uffd_memory(PAGES, MAP_PRIVATE));
    threads_and_handler("shared", uffd_memory(PAGES, MAP_SHARED));
    threads_and_handler("a file, shared", file_memory(MAP_SHARED));
    threads_and_handler("a file, private", file_memory(MAP_PRIVATE));
    return 0;
}
