/* Between the signal files only. */
#pragma once
#include "diag/assert.h"
#include "sys/process/process.h"
/* All under the signal_lock of the owner. `queued` carries a real-time signal's place in the queue. */
static inline void pending_add(struct pending *pending, const struct siginfo *info,
                               struct queued_signal *queued)
{
    int signal = info->signal;
    assert(signal >= 1 && signal <= SIGNALS);
    if (likely(signal < SIGRTMIN)) {
        if (!sig_in(&pending->set, signal))
            pending->standard[signal] = *info;
    } else if (queued) {
        queued->info = *info;
        list_push_back(&pending->realtime, &queued->link);
    }
    sig_add(&pending->set, signal);
}
/* What was queued of them goes to `spent`, to be freed with pending_free_list() once the lock is released. */
void pending_discard(struct pending *pending, sigset signals, struct list *spent);
void pending_free_list(struct list *queued);
/* The number taken, 0 when none of `wanted` is pending. *spent is set when there is a queue entry to kfree()
 * once the lock is released: the slab's own locks are outside signal_lock. */
int pending_take(struct pending *pending, sigset wanted, struct siginfo *info, struct queued_signal **spent);
/* Does the stack pointer stand on the stack that sigaltstack(2) set? */
static inline bool on_alt_stack(const struct thread *t, vaddr_t sp)
{
    return t->alt_size && sp - t->alt_sp <= t->alt_size;
}
/* What sigaltstack(2) had set when the handler began: sigreturn takes back what the handler changed. */
void signal_restore_alt_stack(u32 sp, u32 flags, u32 size);
/* Wakes threads that let one of the process's own pending signals through. Under signal_lock. */
void signal_wake_receivers_slow(struct process *process);
static inline void signal_wake_receivers_locked(struct process *process)
{
    if (unlikely(process->pending.set))
        signal_wake_receivers_slow(process);
}
