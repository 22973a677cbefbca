/* Between the parts of the tracer: the rings, the writers, the format texts, the region's layout. */
#pragma once
#include "arch/cpu.h"
#include "diag/trace_events.h"
#include "diag/trace_layout.h"

/* The ready region, or NULL; set once, before any event can be on. */
extern struct trace_region *trace_region;
/* Each CPU's ring, NULL until the region is ready. */
extern PERCPU(struct trace_ring *, trace_rings);

#define TRACE_RECORD_MAX  112u /* 28 words: the longest whose length fits the event header */
#define TRACE_TIME_EXTEND 30u
#define TRACE_DELTA_BITS  27u

/* A write under way: interrupts are off, and the ring is marked busy. */
struct trace_slot {
    struct trace_ring *ring;
    irqflags_t irq;
    u32 delta; /* since the event before */
};

/* The rare half of a reservation: a new page, or more time than the event's header can say. Returns the rest
 * of the time, for the header. */
u32 trace_make_room(struct trace_ring *ring, u32 bytes, u64 now);
/* The ring is in the middle of a write (we are in an NMI), or there is none. Undoes irq_save. */
void trace_drop(struct trace_ring *ring, irqflags_t irq);
/* Notes a task's name in this CPU's table. Between reserve and commit. */
void trace_remember_task(s32 pid, const char *comm);

/* What the common fields say of interrupt handlers: seldom anything. */
static inline u32 trace_nesting(u32 count)
{
    return ((count & (PREEMPT_NMI - PREEMPT_IRQ)) ? 8u : 0) | (count >= PREEMPT_NMI ? 64u : 0);
}

/*
 * Finds room for `bytes` (at most TRACE_RECORD_MAX) in this CPU's ring and fills in the common fields. False:
 * the event is dropped. Any context. Inline, with trace_commit(), because the calls would cost as much as the
 * event.
 */
static always_inline struct trace_common *trace_reserve(struct trace_slot *slot, u32 event, u32 bytes)
{
    irqflags_t irq = irq_save();
    struct trace_ring *ring = this_cpu(trace_rings);

    if (unlikely(!ring || ring->busy)) {
        trace_drop(ring, irq);
        return NULL;
    }
    WRITE_ONCE(ring->busy, 1);
    barrier(); /* an NMI from here on sees busy, one before it has finished */
    u64 now = cpu_cycles(), passed = now - ring->last;
    u32 delta = (u32)passed;
    if (unlikely(ring->used > TRACE_PAGE_DATA - 12 - bytes ||
                 (u32)(passed >> 32) | delta >> TRACE_DELTA_BITS))
        delta = trace_make_room(ring, bytes, now);
    ring->last = now;
    *slot = (struct trace_slot){.ring = ring, .irq = irq, .delta = delta};

    u32 count = preempt_count();
    u32 flags = (cpu_local()->need_resched & 1) << 2; /* it is 0 or 1 */
    if (!irq_flags_were_on(irq))
        flags |= 1;
    if (unlikely(count >= PREEMPT_IRQ))
        flags |= trace_nesting(count);
    const u8 *task = (const u8 *)current_task();
    struct trace_common *common = (void *)(ring->page->data + ring->used + 4);
    *(u32 *)common = (TRACE_ID_BASE + event) | flags << 16 | count << 24; /* one store for four fields */
    common->pid = likely(task != NULL) ? *(const s32 *)(task + trace_pid_at) : 0;
    return common;
}

/* Publishes the record, which takes `bytes` (a multiple of 4, at most what was reserved). */
static always_inline void trace_commit(struct trace_slot *slot, u32 bytes)
{
    struct trace_ring *ring = slot->ring;
    struct trace_page *page = ring->page;
    u32 used = ring->used;

    *(u32 *)(page->data + used) = bytes / 4 | slot->delta << 5;
    used += 4 + bytes;
    ring->used = used;
    ++*ring->count;
    __atomic_store_n(&page->commit, used,
                     __ATOMIC_RELEASE); /* not store_release: no choice of the explorer's */
    barrier();                          /* an NMI that sees busy == 0 sees all of the above */
    WRITE_ONCE(ring->busy, 0);
    irq_restore(slot->irq);
}

/* Writes all format texts to `to` (NULL: only counts); returns the bytes. */
u32 trace_formats_write(char *to, u32 room);
