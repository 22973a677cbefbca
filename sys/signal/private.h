/* Between the signal files only. */
#pragma once
#include "diag/assert.h"
#include "sys/process/process.h"
static inline u32 plain_bit(int signal)
{
    return 1u << (u32)(signal - 1);
}
/* All under the signal_lock of the owner. `queued` carries the signal's place in the queue: of a real-time
 * signal, and of one that a timer sends. */
static inline void pending_add(struct pending *pending, const struct siginfo *info,
                               struct queued_signal *queued)
{
    int signal = info->signal;
    assert(signal >= 1 && signal <= SIGNALS);
    if (unlikely(queued != NULL)) {
        queued->info = *info;
        list_push_back(&pending->queue, &queued->link);
    } else if (likely(signal < SIGRTMIN) && !sig_in(&pending->set, signal)) {
        pending->standard[signal] = *info;
        pending->plain |= plain_bit(signal);
    }
    sig_add(&pending->set, signal);
}
/* What was queued of them goes to `spent`, to be freed with pending_free_list() once the lock is released;
 * entries that somebody keeps are in no queue afterwards. */
void pending_discard(struct pending *pending, sigset signals, struct list *spent);
void pending_free_list(struct list *queued);
/* Before a thread's record goes: no kept entry is in its queue any more. */
void pending_let_go_of_kept(struct pending *pending);
/* One that is in the queue leaves it. */
void pending_withdraw(struct pending *pending, struct queued_signal *queued);
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
