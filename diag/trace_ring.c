/*
 * One ring per CPU, written by that CPU only, so a write takes no lock and no locked instruction.
 *
 * Who else is looking: an interrupt on the same CPU is kept out by CLI for the few dozen instructions of a
 * write; an NMI that finds a write under way drops its event and counts it. The host may read at any moment:
 * `commit` grows only after the event it covers is written, and a page used again begins with commit 0. When
 * the ring is full the oldest page goes, and the events it held are counted as lost.
 */
#include "diag/assert.h"
#include "diag/trace_events.h"
#include "diag/trace_internal.h"

#define TYPE_TIME_EXTEND 30u
#define DELTA_BITS       27u

struct trace_region *trace_region;
s32 (*trace_current_pid)(void);

static void *at(u32 offset)
{
    return (u8 *)trace_region + offset;
}
static struct trace_ring *ring_of(u32 cpu)
{
    return (struct trace_ring *)at(trace_region->rings_at) + cpu;
}

static struct trace_page *present_page(const struct trace_ring *ring)
{
    return at(ring->page_at);
}

static cold noinline void begin_page(struct trace_ring *ring, u64 now)
{
    u32 index = ring->begun % ring->pages;
    ring->page_at = ring->pages_at + index * TRACE_PAGE_SIZE;
    ring->count_at = ring->events_at + index * sizeof(u32);
    u32 *count = at(ring->count_at);
    if (ring->begun >= ring->pages)
        ring->overwritten += *count;
    *count = 0;
    struct trace_page *page = present_page(ring);
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

static void fill_common(struct trace_common *common, u32 event, bool irqs_were_on)
{
    u32 count = preempt_count();
    common->type = (u16)(TRACE_ID_BASE + event);
    common->flags = (u8)((irqs_were_on ? 0 : 1) | (cpu_local()->need_resched ? 4 : 0) |
                         ((count >> 16) & 0xFF ? 8 : 0) | (count >= PREEMPT_NMI ? 64 : 0));
    common->preempt_count = (u8)MIN(count & 0xFFFF, 255u);
    common->pid = trace_current_pid ? trace_current_pid() : 0;
}

void *trace_reserve(u32 event, u32 bytes, irqflags_t *flags)
{
    bool irqs_were_on = irq_enabled();
    *flags = irq_save();
    if (unlikely(!trace_region || cpu_id() >= trace_region->cpus))
        goto drop;
    struct trace_ring *ring = ring_of(cpu_id());
    if (unlikely(ring->busy)) {
        ring->dropped++;
        goto drop;
    }
    WRITE_ONCE(ring->busy, 1);
    barrier(); /* an NMI from here on sees busy, one before it has finished */

    u64 now = cpu_cycles();
    if (unlikely(ring->begun == 0 || ring->used + bytes + 12 > TRACE_PAGE_DATA))
        begin_page(ring, now);
    u32 *slot = (u32 *)(present_page(ring)->data + ring->used);
    u64 delta = now - ring->last;
    if (unlikely(delta >> DELTA_BITS)) {
        slot[0] = TYPE_TIME_EXTEND | ((u32)delta << 5);
        slot[1] = (u32)(delta >> DELTA_BITS);
        slot += 2;
        ring->used += 8;
        delta = 0;
    }
    slot[0] = bytes / 4 | ((u32)delta << 5);
    ring->used += 4 + bytes;
    ring->last = now;
    fill_common((struct trace_common *)(slot + 1), event, irqs_were_on);
    return slot + 1;
drop:
    irq_restore(*flags);
    return NULL;
}

void trace_commit(irqflags_t flags)
{
    struct trace_ring *ring = ring_of(cpu_id());
    ++*(u32 *)at(ring->count_at);
    __atomic_store_n(&present_page(ring)->commit, ring->used, __ATOMIC_RELEASE);
    barrier(); /* an NMI that sees busy == 0 sees all of the above */
    WRITE_ONCE(ring->busy, 0);
    irq_restore(flags);
}

void trace_remember_task(s32 pid, const char *comm)
{
    struct trace_task *table = (struct trace_task *)at(trace_region->tasks_at) + cpu_id() * TRACE_TASK_SLOTS;
    struct trace_task *slot = &table[(u32)pid % TRACE_TASK_SLOTS];
    slot->pid = pid;
    __builtin_memcpy(slot->comm, comm, sizeof slot->comm);
}
