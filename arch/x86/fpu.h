/* x87 and SSE state, saved eagerly at each switch once a task has used it. */
#pragma once
struct task;
/* #NM in user mode: the running task's first use. Interrupts on. */
void fpu_first_use(void);
/* At a switch: interrupts off. */
void fpu_switch(struct task *from, struct task *to);
