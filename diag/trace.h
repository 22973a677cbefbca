/*
 * Trace events, written into per-CPU rings in Linux's own page format (notes/tracing.md; ../tools/trace reads
 * them out of guest memory). A point that is off costs one predictable branch. Any context, NMI included;
 * never sleeps, takes no lock; an interrupt inside a write is safe.
 */
#pragma once
#include "lib/compiler.h"

enum trace_event {
    TRACE_sched_switch = 1,
    TRACE_sched_waking,
    TRACE_sched_wakeup,
    TRACE_contention_begin,
    TRACE_contention_end,
    TRACE_lock_acquire,
    TRACE_lock_contended,
    TRACE_lock_acquired,
    TRACE_lock_release,
    TRACE_lock_wait,
    TRACE_mmap_lock_start_locking,
    TRACE_mmap_lock_acquire_returned,
    TRACE_mmap_lock_released,
    TRACE_page_fault_user,
    TRACE_page_fault_kernel,
    TRACE_fault_phase,
    TRACE_race_point,
    TRACE_shootdown,
    TRACE_tlb_flush,
    TRACE_mm_page_alloc,
    TRACE_mm_page_free,
    TRACE_EVENTS,
};

/* Fault phases, in the order in which a fault meets them. */
enum fault_phase {
    PHASE_entry,
    PHASE_irq_on,
    PHASE_lookup,
    PHASE_pt_alloc,
    PHASE_alloc,
    PHASE_io,
    PHASE_relock,
    PHASE_recheck_won,
    PHASE_recheck_lost,
    PHASE_install,
    PHASE_flush,
    PHASE_retry,
    PHASE_exit,
};

extern u32 trace_mask; /* bit per event; set by trace= and /proc/trace */
/* Called after each change of the mask, when set: the locks keep a word of their own that sums up theirs. */
extern void (*trace_mask_hook)(void);
#define trace_on(ev) unlikely(READ_ONCE(trace_mask) & (1u << TRACE_##ev))

/* A `comm` is a char[16], all of which is copied; prev_state is an enum task_state.
 * The writers take the event's own fields in the order of its format (diag/trace_events.h documents each). */
void trace_write_sched_switch(s32 prev_pid, const char *prev_comm, u32 prev_state, s32 next_pid,
                              const char *next_comm);
void trace_write_sched_wakeup(enum trace_event ev, s32 pid, const char *comm, u32 target_cpu);
void trace_write_lock(enum trace_event ev, const void *lock, u32 flags, const char *name);
void trace_write_lock_wait(const void *lock, const char *name, u32 flags, s32 owner_pid, s32 owner_cpu,
                           vaddr_t ip);
void trace_write_mmap_lock(enum trace_event ev, const void *lock, bool write);
void trace_write_fault(enum trace_event ev, vaddr_t address, vaddr_t ip, u32 error_code);
void trace_write_fault_phase(u32 fault, u32 phase, vaddr_t address, u32 outcome);
void trace_write_race_point(u32 id, vaddr_t ip);
void trace_write_shootdown(vaddr_t start, vaddr_t end, u32 mask, u32 answered);
void trace_write_tlb_flush(s32 reason, u32 pages);
void trace_write_page(enum trace_event ev, pfn_t pfn, u32 flags);

#define trace_lock(ev, lock, flags, name)                                                                    \
    do {                                                                                                     \
        if (trace_on(ev))                                                                                    \
            trace_write_lock(TRACE_##ev, lock, flags, name);                                                 \
    } while (0)
#define trace_fault_phase(fault, phase, address, outcome)                                                    \
    do {                                                                                                     \
        if (trace_on(fault_phase))                                                                           \
            trace_write_fault_phase(fault, PHASE_##phase, address, outcome);                                 \
    } while (0)

/* Where in a struct task its pid lies: sched/ says so once, and every event carries the running task's. 0: no
 * tasks yet. */
extern u32 trace_pid_at;
/* Takes the memory that boot/ reserved: page-aligned, never given back. Nothing is recorded yet. */
void trace_init(void *memory, size_t bytes);
/* Once all CPUs run and the clock is calibrated: lays out one ring per CPU, publishes the place on the
 * control port
 * (`trace PADDR BYTES`) and switches on what trace= asks for. Refuses the boot when trace= names no event. */
void trace_start(void);
/* Records what the comma list of globs names ("lock:*,sched_*", "all", "off"); false, and no change, when one
 * of them names nothing. Any task. */
bool trace_select(const char *globs);
/* The name of an event and its system ("lock", "sched", ...); NULL beyond the last. */
const char *trace_event_name(u32 event, const char **system);
