/* x87 and SSE state, saved eagerly at each switch once a task has used it. */
#pragma once
struct task;

#define FXSAVE_MXCSR 24
#define MXCSR_VALID  0xFFBFu /* without DAZ, which not every processor has */

/* #NM in user mode: the running task's first use. Interrupts on. */
void fpu_first_use(void);
/* Gives the running task the registers with the 512 bytes of `area` (16-aligned); reserved bits of MXCSR are
 * dropped, in `area` too. */
void fpu_load_checked(void *area);
/* At a switch: interrupts off. */
void fpu_switch(struct task *from, struct task *to);
