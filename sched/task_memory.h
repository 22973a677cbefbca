/*
 * Where tasks get their memory: declared here by the one who needs it, defined in mm/space/task_memory.c by
 * the one who has it, so that sched/ includes nothing of mm/.
 */
#pragma once

struct task;
/* KSTACK_SIZE bytes with a guard page below; NULL when there is no memory. May sleep. */
void *task_stack_alloc(void);
void task_stack_free(void *stack); /* may sleep */
/* Zeroed; NULL when there is no memory. May sleep. */
struct task *task_struct_alloc(void);
void task_struct_free(struct task *task); /* may sleep */
