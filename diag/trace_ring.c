/*
 * One ring per CPU, written by that CPU only, so a write takes no lock and no locked instruction.
 *
 * Who else is looking: an interrupt on the same CPU is kept out by CLI for the few dozen instructions of a
 * write; an NMI in the middle of one finds no room, and its event is counted as dropped. The host may read at
 * any moment: `next` moves only after the event before it is complete, and a page is counted as begun before
 * anything in it changes. When the ring is full, the oldest page goes; or, in mode stop, the newest events
 * are refused and counted.
 */
#include "diag/assert.h"
#include "diag/trace_control.h"
#include "diag/trace_internal.h"
#include "lib/string.h"

struct trace_region *trace_region;
struct trace_ring trace_nowhere = {.next = (u8 *)1}; /* beyond its end */

/* The present page is full, or there is none yet. `end` is NULL: nobody else begins one meanwhile. */
static void begin_page(struct trace_ring *ring)
{
    u32 index = ring->begun % ring->pages;
    u64 now = cpu_cycles();
    struct trace_page *page = trace_at(ring->pages_at + index * TRACE_PAGE_SIZE);

    if (ring->begun) {
        struct trace_page *full = (void *)ALIGN_DOWN((uintptr_t)ring->next - 1, TRACE_PAGE_SIZE);
        full->commit = (u32)(ring->next - full->data);
    }
    barrier();
    WRITE_ONCE(ring->begun, ring->begun + 1); /* a reader that is still at the old page knows: it goes */
    barrier();                                /* stores stay in order on x86 */
    ((u32 *)trace_at(ring->first_at))[index] = ring->written;
    page->commit = page->commit_high = 0;
    page->stamp = now;
    ring->last_low = (u32)now;
    ring->last_high = (u32)(now >> 32);
    ring->limit = page->data + TRACE_PAGE_DATA - TRACE_EVENT_ROOM;
    barrier();
    WRITE_ONCE(ring->next, page->data);
}

cold noinline keeps_registers void trace_new_page(void)
{
    struct trace_ring *ring = cpu_local_trace();

    if (!ring->end) { /* below us, an NMI, a write is under way; or this is trace_nowhere */
        ring->dropped++;
    } else if (ring->begun >= ring->pages && trace_stops_when_full()) {
        ring->refused++;
    } else {
        WRITE_ONCE(ring->end, NULL);
        barrier();
        begin_page(ring);
        barrier();
        WRITE_ONCE(ring->end, ring->limit);
    }
}

cold noinline keeps_registers void trace_extend_time(void)
{
    struct trace_ring *ring = cpu_local_trace();
    u64 now = cpu_cycles(), delta = now - ((u64)ring->last_high << 32 | ring->last_low);
    u32 *extend = (u32 *)ring->next;

    memmove(ring->next + 4 + TRACE_EXTEND_ROOM, ring->next + 4, TRACE_RECORD_MAX);
    extend[0] = TRACE_TIME_EXTEND | (u32)delta << 5;
    extend[1] = (u32)(delta >> TRACE_DELTA_BITS);
    ring->last_low = (u32)now;
    ring->last_high = (u32)(now >> 32);
}

cold noinline keeps_registers void trace_note_nesting(void)
{
    struct trace_common *common = (void *)(cpu_local_trace()->next + 4);
    u32 count = preempt_count();

    if (count & (PREEMPT_NMI - PREEMPT_IRQ))
        common->flags |= 8;
    if (count >= PREEMPT_NMI)
        common->flags |= 64;
}

cold noinline void trace_remember_task(struct trace_task *slot, s32 pid, const char *comm)
{
    slot->pid = pid;
    memcpy(slot->comm, comm, sizeof slot->comm);
}

void trace_task_renamed(s32 pid)
{
    struct trace_region *region = READ_ONCE(trace_region);

    if (!region)
        return;
    /* Another CPU may fill the slot at this moment with the old name: then its next switch to another task
     * does. */
    for (u32 cpu = 0; cpu < region->cpus; cpu++) {
        struct trace_task *slot = trace_task_slot(trace_ring_of(cpu), pid);
        if (READ_ONCE(slot->pid) == pid)
            WRITE_ONCE(slot->pid, -1);
    }
}
