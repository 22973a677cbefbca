/*
 * Who waits for a signal to become pending without taking it: signalfd(2). sigtimedwait(2) needs no queue, its
 * thread is the receiver.
 *
 * The queues are no process's own: an epoll set may listen to one for longer than the process lives that put
 * a descriptor into it. Several processes share one, so a wake-up is only a reason to look.
 */
#pragma once
#include "sys/process/process.h"

#define SIGNAL_WATCH_QUEUES 16u
extern struct waitqueue signal_watch_queues[SIGNAL_WATCH_QUEUES];

void signal_watch_init(void);
static inline struct waitqueue *signal_watchers(const struct process *process)
{
    return &signal_watch_queues[(u32)process->pid % SIGNAL_WATCH_QUEUES];
}

/* A signal became pending. Under the process's signal_lock, which is what makes the look without the queue's
 * lock enough: a waiter is on the queue before it asks under signal_lock what is pending. */
static inline void signal_wake_watchers_locked(const struct process *process)
{
    struct waitqueue *queue = signal_watchers(process);
    if (unlikely(READ_ONCE(queue->waiters.next) != &queue->waiters))
        wake_all(queue);
}
