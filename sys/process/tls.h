/* Thread-local storage: three segment descriptors a thread, as set_thread_area(2) has them. */
#pragma once
#include "sched/task.h"
struct trap_frame;
/* CLONE_SETTLS: the user_desc at `desc` becomes a descriptor of `task`, which does not run yet. 0, -EFAULT,
 * -EINVAL. */
int tls_set(struct task *task, vaddr_t desc, const struct trap_frame *frame);
