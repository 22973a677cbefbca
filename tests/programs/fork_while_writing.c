/*
 * Fork while four threads write (races R17 and R18): what a child sees of its parent is what was there at the
 * fork, and stays so, however much the parent's threads write afterwards.
 *
 * Before a thread stores value n in its private pages it announces n in a page that all processes share. The
 * parent notes the announcements once fork has returned, and a child must see no value above its thread's
 * note. The child then waits until every thread has gone on, and looks again: nothing may have moved.
 *
 * @libc glibc musl
 * @output 60 children, no later write seen
 */
#include "expect.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define WRITERS  4u
#define PAGES    16u
#define WORDS    1024u
#define CHILDREN 60

struct shared {
    _Atomic uint32_t announced[WRITERS];
    _Atomic uint32_t at_fork[WRITERS]; /* announcements when fork had returned in the parent */
    _Atomic uint32_t noted;            /* the child (by number) whose notes stand in at_fork */
};
static struct shared *shared;
static volatile uint32_t *memory; /* private, PAGES pages a writer */
static atomic_bool over;

static volatile uint32_t *slot(uint32_t writer, uint32_t page)
{
    return memory + (writer * PAGES + page) * WORDS;
}

static void *write_on(void *arg)
{
    uint32_t me = (uint32_t)(uintptr_t)arg;

    for (uint32_t n = 1; !atomic_load(&over); n++) {
        atomic_store(&shared->announced[me], n);
        for (uint32_t page = 0; page < PAGES; page++)
            *slot(me, page) = n;
    }
    return NULL;
}

/* The pages of one writer, as the caller sees them. */
static void look(uint32_t writer, uint32_t *seen)
{
    for (uint32_t page = 0; page < PAGES; page++)
        seen[page] = *slot(writer, page);
}

static void child(uint32_t number)
{
    uint32_t first[WRITERS][PAGES], again[PAGES], limit[WRITERS];

    for (uint32_t w = 0; w < WRITERS; w++)
        look(w, first[w]);
    while (atomic_load(&shared->noted) != number)
        sched_yield();
    for (uint32_t w = 0; w < WRITERS; w++)
        limit[w] = atomic_load(&shared->at_fork[w]);
    for (uint32_t w = 0; w < WRITERS; w++) {
        while (atomic_load(&shared->announced[w]) < limit[w] + 20)
            sched_yield();
        look(w, again);
        for (uint32_t page = 0; page < PAGES; page++) {
            expect(first[w][page] <= limit[w], "child %u, writer %u, page %u: %u, but %u at the fork", number,
                   w, page, first[w][page], limit[w]);
            expect(again[page] == first[w][page], "child %u, writer %u, page %u: %u became %u", number, w,
                   page, first[w][page], again[page]);
        }
    }
    _exit(0);
}

static void fork_one(uint32_t number)
{
    int status = 0;
    pid_t pid = fork();

    expect(pid >= 0, "fork %u", number);
    if (pid == 0)
        child(number);
    for (uint32_t w = 0; w < WRITERS; w++)
        atomic_store(&shared->at_fork[w], atomic_load(&shared->announced[w]));
    atomic_store(&shared->noted, number);
    expect(waitpid(pid, &status, 0) == pid && status == 0, "child %u ended with %#x", number, status);
}

int main(void)
{
    pthread_t threads[WRITERS];

    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    memory =
        mmap(NULL, WRITERS * PAGES * WORDS * 4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(shared != MAP_FAILED && memory != MAP_FAILED, "mmap");
    for (uint32_t w = 0; w < WRITERS; w++)
        expect(pthread_create(&threads[w], NULL, write_on, (void *)(uintptr_t)w) == 0, "thread %u", w);
    for (uint32_t number = 1; number <= CHILDREN; number++)
        fork_one(number);
    atomic_store(&over, true);
    for (uint32_t w = 0; w < WRITERS; w++)
        pthread_join(threads[w], NULL);
    printf("%d children, no later write seen\n", CHILDREN);
    return 0;
}
