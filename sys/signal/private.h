/* Between the signal files only. */
#pragma once
#include "sys/signal/signals.h"
/* All under the signal_lock of the owner. `queued` carries a real-time signal's place in the queue. */
void pending_add(struct pending *pending, const struct siginfo *info, struct queued_signal *queued);
void pending_discard(struct pending *pending, sigset signals);
/* The number taken, 0 when none of `wanted` is pending. *spent is set when there is a queue entry to kfree()
 * once the lock is released: the slab's own locks are outside signal_lock. */
int pending_take(struct pending *pending, sigset wanted, struct siginfo *info, struct queued_signal **spent);
/* Wakes threads that let one of the process's own pending signals through. Under signal_lock. */
void signal_wake_receivers_locked(struct process *process);
