/* Between the parts of the tracer: the rings, the writers, the format texts, the region's layout. */
#pragma once
#include "arch/cpu.h"
#include "diag/trace_events.h"
#include "diag/trace_layout.h"

/* The ready region, or NULL; set once, before any event can be on. */
extern struct trace_region *trace_region;
static inline void *trace_at(u32 offset)
{
    return (u8 *)trace_region + offset;
}
static inline struct trace_ring *trace_ring_of(u32 cpu)
{
    return (struct trace_ring *)trace_at(trace_region->rings_at) + cpu;
}
static inline struct trace_task *trace_task_slot(const struct trace_ring *ring, s32 pid)
{
    return &ring->tasks[(u32)pid % TRACE_TASK_SLOTS];
}

/* What each page keeps free before an event: its header, the longest record, a time extension. */
#define TRACE_RECORD_MAX  60u
#define TRACE_EXTEND_ROOM 8u
#define TRACE_EVENT_ROOM  (4u + TRACE_RECORD_MAX + TRACE_EXTEND_ROOM)
#define TRACE_TIME_EXTEND 30u
#define TRACE_DELTA_BITS  27u

/*
 * The seldom halves of a write. They take this CPU's ring and keep all registers, for a writer's arguments
 * are still in them.
 */
/* There is no room: makes some, unless a write is under way below us, or the ring is full and keeps what it
 * has; then the event is counted. */
keeps_registers void trace_new_page(void);
/* More time has passed than an event's header can say, or the clock's high word has changed: moves the record
 * at `next` behind a time extension that ends now. */
keeps_registers void trace_extend_time(void);
/* Notes a task's name in this CPU's table. */
void trace_remember_task(struct trace_task *slot, s32 pid, const char *comm);
/* Writes all format texts to `to` (NULL: only counts); returns the bytes. */
u32 trace_formats_write(char *to, u32 room);

/* In an interrupt: notes it in the flags of the record that is being written. */
keeps_registers void trace_note_nesting(void);

/* The common fields but the type. */
static always_inline void trace_common(struct trace_common *common, irqflags_t irq)
{
    u32 count = preempt_count();
    u32 flags = cpu_need_resched() << 2; /* it is 0 or 1 */

    if (unlikely(!irq_flags_were_on(irq)))
        flags |= 1;
    common->flags = (u8)flags;
    common->preempt_count = (u8)count;
    common->pid = trace_pid_of(current_task());
    if (unlikely(count >= PREEMPT_IRQ))
        trace_note_nesting();
}

/* The record behind `at`, the ring's `next`, happened now: gives it its header and publishes it. */
static always_inline void trace_commit(struct trace_ring *ring, u8 *at, u32 bytes)
{
    u64 now = cpu_cycles();
    u32 delta = (u32)now - ring->last_low;

    if (unlikely((u32)(now >> 32) != ring->last_high) || unlikely(delta >= 1u << TRACE_DELTA_BITS)) {
        trace_extend_time();
        at += TRACE_EXTEND_ROOM;
        delta = 0;
    } else {
        ring->last_low = (u32)now;
    }
    *(u32 *)at = bytes / 4 | delta << 5;
    barrier(); /* stores stay in order on x86: who sees `next` sees the event before it */
    WRITE_ONCE(ring->next, at + 4 + bytes);
    ring->written++;
    barrier(); /* an NMI that sees room sees all of the above */
    WRITE_ONCE(ring->end, ring->limit);
}

/*
 * Reserves a record, has its fields set by the statements given (`rec`, `ring`), and publishes it. Everything
 * is in line, and the fields come first, out of the registers in which they came: calls and spills would cost
 * as much as the event.
 */
#define WRITE(ev, event, ...)                                                                                \
    do {                                                                                                     \
        static_assert(sizeof(struct trace_rec_##event) <= TRACE_RECORD_MAX, "length");                       \
        irqflags_t irq_ = irq_save();                                                                        \
        struct trace_ring *ring = cpu_local_trace();                                                         \
        u8 *at_ = ring->next;                                                                                \
        do {                                                                                                 \
            if (unlikely((uintptr_t)at_ > (uintptr_t)ring->end)) {                                           \
                trace_new_page();                                                                            \
                at_ = READ_ONCE(ring->next);                                                                 \
                if ((uintptr_t)at_ > (uintptr_t)READ_ONCE(ring->end))                                        \
                    break;                                                                                   \
            }                                                                                                \
            WRITE_ONCE(ring->end, NULL);                                                                     \
            barrier(); /* an NMI from here on sees no room, one before it has finished */                    \
            struct trace_rec_##event *rec = (void *)(at_ + 4);                                               \
            rec->common.type = ev;                                                                           \
            __VA_ARGS__                                                                                      \
            trace_common(&rec->common, irq_);                                                                \
            barrier();                                                                                       \
            trace_commit(ring, at_, sizeof *rec);                                                            \
        } while (0);                                                                                         \
        irq_restore(irq_);                                                                                   \
    } while (0)

/* Both events are the same record under another name. */
#define SAME_RECORD(a, b)                                                                                    \
    static_assert(sizeof(struct trace_rec_##a) == sizeof(struct trace_rec_##b), "the same record")
