/*
 * One ring per CPU, written by that CPU only, so a write takes no lock and no locked instruction.
 *
 * Who else is looking: an interrupt on the same CPU is kept out by CLI for the few dozen instructions of a
 * write; an NMI that finds a write under way drops its event and counts it. The host may read at any moment:
 * `commit` grows only after the event it covers is written, and a page used again begins with commit 0. When
 * the ring is full the oldest page goes, and the events it held are counted as lost.
 */
#include "diag/assert.h"
#include "diag/trace_internal.h"

struct trace_region *trace_region;
PERCPU_DEFINE(trace_rings);
u32 trace_pid_at;

static void *at(u32 offset)
{
    return (u8 *)trace_region + offset;
}

static void begin_page(struct trace_ring *ring, u64 now)
{
    u32 index = ring->begun % ring->pages;
    struct trace_page *page = at(ring->pages_at + index * TRACE_PAGE_SIZE);
    ring->page = page;
    ring->count = at(ring->events_at + index * sizeof(u32));
    if (ring->begun >= ring->pages)
        ring->overwritten += *ring->count;
    *ring->count = 0;
    WRITE_ONCE(page->commit, 0);
    page->commit_high = 0;
    barrier(); /* stores stay in order on x86: nobody sees the new stamp over old data, or counts the page
                  before */
    page->stamp = now;
    barrier();
    WRITE_ONCE(ring->begun, ring->begun + 1);
    ring->last = now;
    ring->used = 0;
}

cold noinline u32 trace_make_room(struct trace_ring *ring, u32 bytes, u64 now)
{
    assert(bytes <= TRACE_RECORD_MAX && bytes % 4 == 0);
    if (ring->begun == 0 || ring->used + bytes + 12 > TRACE_PAGE_DATA)
        begin_page(ring, now);
    u64 delta = now - ring->last;
    if (delta >> TRACE_DELTA_BITS == 0)
        return (u32)delta;
    u32 *extend = (u32 *)(ring->page->data + ring->used);
    extend[0] = TRACE_TIME_EXTEND | (u32)delta << 5;
    extend[1] = (u32)(delta >> TRACE_DELTA_BITS);
    ring->used += 8;
    return 0;
}

cold noinline void trace_drop(struct trace_ring *ring, irqflags_t irq)
{
    if (ring)
        ring->dropped++;
    irq_restore(irq);
}

void trace_remember_task(s32 pid, const char *comm)
{
    struct trace_task *table = (struct trace_task *)at(trace_region->tasks_at) + cpu_id() * TRACE_TASK_SLOTS;
    struct trace_task *slot = &table[(u32)pid % TRACE_TASK_SLOTS];
    slot->pid = pid;
    __builtin_memcpy(slot->comm, comm, sizeof slot->comm);
}
