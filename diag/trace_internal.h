/* Between the parts of the tracer: the rings, the writers, the format texts, the region's layout. */
#pragma once
#include "arch/cpu.h"
#include "diag/trace_layout.h"

/* The ready region, or NULL; set once, before any event can be on. */
extern struct trace_region *trace_region;

/* Reserves `bytes` (a multiple of 4, at most TRACE_RECORD_MAX) in this CPU's ring and fills in the common
 * part. NULL: the event is dropped. Else interrupts are off until trace_commit(flags). Any context. */
#define TRACE_RECORD_MAX 112u /* 28 words: the longest whose length fits the event header */
void *trace_reserve(u32 event, u32 bytes, irqflags_t *flags);
void trace_commit(irqflags_t flags);
/* Notes a task's name in this CPU's table. Between reserve and commit. */
void trace_remember_task(s32 pid, const char *comm);

/* Writes all format texts to `to` (NULL: only counts); returns the bytes. */
u32 trace_formats_write(char *to, u32 room);
