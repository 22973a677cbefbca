/* What a task keeps for its virtual CPU: a host stack of its own. Its kernel stack from kvalloc stays unused
 * here. */
#pragma once

struct sim_fiber;
struct arch_task {
    struct sim_fiber *fiber;
    void (*entry)(void *);
    void *arg;
};
