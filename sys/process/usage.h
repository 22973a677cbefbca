/* What a thread, a process or its children have used so far: getrusage(2), times(2), wait4(2). */
#pragma once
#include "lib/types.h"

struct task;
struct process;

struct usage {
    u64 ns;            /* of processor time */
    u32 faults, reads; /* page faults; those among them that waited for a file to be read */
};

void usage_add(struct usage *to, const struct usage *more);
/* Of the running task up to now, of any other one up to its last switch. */
struct usage usage_of_task(const struct task *task);
/* Of its threads, those that have ended too. Takes signal_lock. */
struct usage usage_of_process(struct process *process);
/* As struct rusage. The processor time is all given as the user's. 0 or -EFAULT. `resident`: in pages, the
 * most. */
int usage_to_user(const struct usage *usage, u32 resident, vaddr_t to);
