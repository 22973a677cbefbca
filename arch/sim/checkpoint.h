/*
 * A moment of a run to which the machine can be brought back. The words are the undo log's; what it does not
 * have is copied: the live part of every fiber's stack and the explorer's own few numbers. Checkpoints are
 * nested: to go back to one is to drop those that came after it.
 */
#pragma once
#include "arch/sim/machine.h"

struct checkpoint {
    u32 words;  /* of the undo log */
    u32 images; /* where its copies of stacks begin, and where they end */
    u32 images_end;
    u32 steps, log_bytes;
    struct sim_order order;
    struct sim_machine machine;
    struct cpu_local locals[SIM_CPUS_MAX], *cpu_now;
    bool irqs_on[SIM_CPUS_MAX];
};

/* From the host, while every fiber rests. */
void checkpoint_take(struct checkpoint *c);
void checkpoint_return_to(const struct checkpoint *c);
