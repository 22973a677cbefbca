/* Out of memory in a fault: what can be had without harm, then a victim (notes/memory.md). */
#pragma once
#include "mm/fault/fault.h"

/*
 * The running task's fault found no frame and let everything of mm/ go. FAULT_DONE: some came free, try
 * again. FAULT_KILLED: the running task is among those who must end. FAULT_NO_MEMORY: there is nobody to end.
 * Sleeps, never for long and never for another task's lock; locks outside mmap_lock may be held.
 */
enum fault_result oom_relieve(void);
/* Its last resort alone: ends one program, takes its memory at once, and returns as oom_relieve() does. */
enum fault_result oom_kill_one(void);

/* sys/ sets it at init: chooses who is to end among the spaces whose MM_REAPED is not set, kills it, and
 * returns its space with a user reference; NULL: nobody is left. Called by one task at a time. Must not sleep
 * or allocate. */
extern struct mm *(*oom_victim_hook)(void);
