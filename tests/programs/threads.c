/*
 * What threads are made of: create and join, thread-local storage, mutex and condition variable (futex), and
 * the wait for threads that end.
 *
 * @libc glibc musl
 * @output handed over 20000 times
 * @output thread-local storage kept apart
 * @output 500 threads came and went
 */
#include "expect.h"
#include <pthread.h>
#include <stdint.h>

#define ROUNDS 20000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turned = PTHREAD_COND_INITIALIZER;
static unsigned turn; /* under mutex: even for one player, odd for the other */
static _Thread_local uintptr_t own = 0x5eed;

/* Two players hand a turn to and fro: a lost wake-up stops the program for good. */
static void *play(void *arg)
{
    unsigned me = (unsigned)(uintptr_t)arg;

    for (int i = 0; i < ROUNDS / 2; i++) {
        pthread_mutex_lock(&mutex);
        while (turn % 2 != me)
            pthread_cond_wait(&turned, &mutex);
        turn++;
        pthread_cond_signal(&turned);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void *keep_own(void *arg)
{
    expect(own == 0x5eed, "a new thread finds %#lx", (unsigned long)own);
    for (int i = 0; i < 2000; i++) {
        own = (uintptr_t)arg;
        sched_yield();
        expect(own == (uintptr_t)arg, "another thread wrote ours");
    }
    return arg;
}

static void run_together(void *(*script)(void *), unsigned count)
{
    pthread_t threads[8];

    for (unsigned i = 0; i < count; i++)
        expect(pthread_create(&threads[i], NULL, script, (void *)(uintptr_t)i) == 0, "thread %u", i);
    for (unsigned i = 0; i < count; i++)
        expect(pthread_join(threads[i], NULL) == 0, "join %u", i);
}

int main(void)
{
    run_together(play, 2);
    expect(turn == ROUNDS, "%u turns", turn);
    printf("handed over %d times\n", ROUNDS);
    run_together(keep_own, 8);
    printf("thread-local storage kept apart\n");
    for (int i = 0; i < 500; i++)
        run_together(keep_own, 1);
    printf("500 threads came and went\n");
    return 0;
}
