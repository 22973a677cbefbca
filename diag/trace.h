/*
 * Trace events, written into per-CPU rings in Linux's own page format (notes/tracing.md; ../tools/trace reads
 * them out of guest memory). A point that is off costs one predictable branch. Any context, NMI included;
 * never sleeps, takes no lock; an interrupt inside a write is safe.
 */
#pragma once
#include "arch/context.h"
#include "lib/compiler.h"

struct trap_frame;

/* An event's number is its common_type in the file: above the ids that ftrace uses itself. */
#define TRACE_FIRST 300u
enum trace_event {
    TRACE_sched_switch = TRACE_FIRST,
    TRACE_sched_waking,
    TRACE_sched_wakeup,
    TRACE_contention_begin,
    TRACE_contention_end,
    TRACE_lock_acquire,
    TRACE_lock_contended,
    TRACE_lock_acquired,
    TRACE_lock_release,
    TRACE_lock_wait,
    TRACE_lock_held,
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
    TRACE_irq_handler_entry,
    TRACE_irq_handler_exit,
    TRACE_local_timer_entry,
    TRACE_local_timer_exit,
    TRACE_call_function_entry,
    TRACE_call_function_exit,
    TRACE_sys_enter,
    TRACE_sys_exit,
    TRACE_END,
};
#define TRACE_EVENTS (TRACE_END - TRACE_FIRST)

/* Fault phases, in the order in which a fault meets them. */
enum fault_phase {
    PHASE_entry,
    PHASE_irq_on,
    PHASE_lookup,
    PHASE_pt_alloc,
    PHASE_alloc,
    PHASE_io,
    PHASE_ask,
    PHASE_relock,
    PHASE_recheck_won,
    PHASE_recheck_lost,
    PHASE_install,
    PHASE_flush,
    PHASE_retry,
    PHASE_exit,
};

/* tlb:tlb_flush's reasons; Linux's numbers. */
enum tlb_flush_reason {
    FLUSH_TASK_SWITCH,
    FLUSH_REMOTE_SHOOTDOWN, /* another CPU asked */
    FLUSH_LOCAL_SHOOTDOWN,  /* this CPU asked, itself among others */
    FLUSH_LOCAL_MM,         /* nobody else uses the space */
    FLUSH_REMOTE_SEND_IPI,
};
#define TRACE_ALL_PAGES (~0u) /* everything of the user's */

extern u32 trace_mask; /* bit per event; set by trace= and /proc/trace */
/* Called after each change of the mask, when set: the locks keep a word of their own that sums up theirs. */
extern void (*trace_mask_hook)(void);
#define TRACE_BIT(ev) (1u << (TRACE_##ev - TRACE_FIRST))
/* A plain read, which the compiler makes one test of memory: whether a point sees a change at once matters to
 * nobody. */
#define trace_on(ev)                unlikely(trace_mask &TRACE_BIT(ev))
#define trace_on_either(one, other) unlikely(trace_mask &(TRACE_BIT(one) | TRACE_BIT(other)))

/*
 * The writers take the event's own fields, which diag/trace_events.h documents. A `comm` is a char[16], all
 * of which is copied; a `name` is recorded as its address, so it must be a text of the image; prev_state is
 * an enum task_state.
 */
in_registers void trace_write_sched_switch(const char *prev_comm, const char *next_comm, s32 next_pid,
                                           u32 prev_state);
in_registers void trace_write_sched_wakeup(enum trace_event ev, s32 pid, const char *comm, u32 target_cpu);
in_registers void trace_write_contention_begin(const void *lock, u32 flags);
in_registers void trace_write_contention_end(const void *lock, s32 error);
in_registers void trace_write_lock_acquire(const void *lock, u32 flags, const char *name);
/* lock_contended, lock_acquired, lock_release. */
in_registers void trace_write_lock(enum trace_event ev, const void *lock, const char *name);
in_registers void trace_write_lock_wait(const void *lock, const char *name, u32 flags, s32 owner_pid,
                                        s32 owner_cpu, vaddr_t ip);
in_registers void trace_write_lock_held(const void *lock, const char *name, u32 flags, u32 held, vaddr_t ip);
in_registers void trace_write_mmap_lock(enum trace_event ev, const void *lock, bool write);
in_registers void trace_write_mmap_lock_acquire_returned(const void *lock, bool write);
in_registers void trace_write_fault(enum trace_event ev, vaddr_t address, vaddr_t ip, u32 error_code);
in_registers void trace_write_fault_phase(u32 fault, enum fault_phase phase, vaddr_t address, u32 outcome);
/* The same with outcome 0, as most have it: all it takes fits into registers. */
in_registers void trace_write_fault_phase_plain(u32 fault, enum fault_phase phase, vaddr_t address);
in_registers void trace_write_race_point(u32 id, vaddr_t ip);
in_registers void trace_write_shootdown(vaddr_t start, vaddr_t end, u32 mask, u32 answered);
in_registers void trace_write_tlb_flush(enum tlb_flush_reason reason, u32 pages);
in_registers void trace_write_mm_page_alloc(pfn_t pfn, u32 flags);
in_registers void trace_write_mm_page_free(pfn_t pfn);
in_registers void trace_write_irq_handler_entry(u32 irq, const char *name);
in_registers void trace_write_irq_handler_exit(u32 irq, bool handled);
/* local_timer and call_function, entry and exit. */
in_registers void trace_write_vector(enum trace_event ev, u32 vector);
in_registers void trace_write_sys_enter(const struct trap_frame *frame);
in_registers void trace_write_sys_exit(u32 number, s32 result);

/* A point whose writer takes just its event's own fields. */
#define trace_point(ev, ...)                                                                                 \
    do {                                                                                                     \
        if (trace_on(ev))                                                                                    \
            trace_write_##ev(__VA_ARGS__);                                                                   \
    } while (0)
/* One whose writer serves the events of TRACE_BY_writer. */
#define TRACE_BY_sched_wakeup(ev) ((ev) == TRACE_sched_waking || (ev) == TRACE_sched_wakeup)
#define TRACE_BY_lock(ev)         ((ev) >= TRACE_lock_contended && (ev) <= TRACE_lock_release)
#define TRACE_BY_mmap_lock(ev)    ((ev) == TRACE_mmap_lock_start_locking || (ev) == TRACE_mmap_lock_released)
#define TRACE_BY_fault(ev)        ((ev) == TRACE_page_fault_user || (ev) == TRACE_page_fault_kernel)
#define TRACE_BY_vector(ev)       ((ev) >= TRACE_local_timer_entry && (ev) <= TRACE_call_function_exit)
#define trace_point_as(ev, writer, ...)                                                                      \
    do {                                                                                                     \
        static_assert(TRACE_BY_##writer(TRACE_##ev), "a writer of this event");                              \
        if (trace_on(ev))                                                                                    \
            trace_write_##writer(TRACE_##ev, __VA_ARGS__);                                                   \
    } while (0)
#define trace_fault_phase(fault, phase, address, outcome)                                                    \
    do {                                                                                                     \
        if (!trace_on(fault_phase))                                                                          \
            break;                                                                                           \
        if (__builtin_constant_p(outcome) && (outcome) == 0)                                                 \
            trace_write_fault_phase_plain(fault, PHASE_##phase, address);                                    \
        else                                                                                                 \
            trace_write_fault_phase(fault, PHASE_##phase, address, outcome);                                 \
    } while (0)

/* A ring that takes nothing: each CPU's until trace_start(). */
extern struct trace_ring trace_nowhere;
/* A task's pid, for what knows no tasks: sched/task.h asserts that it lies there. */
static inline s32 trace_pid_of(const struct task *task)
{
    return *(const s32 *)((const u8 *)task + sizeof(struct arch_task));
}
/* Takes the memory that boot/ reserved: page-aligned, never given back. Nothing is recorded yet. */
void trace_init(void *memory, size_t bytes);
/* Once all CPUs run, each with a task, and the clock is calibrated: lays out one ring per CPU, publishes the
 * place on the control port (`trace PADDR BYTES`) and switches on what trace= asks for. Refuses the boot when
 * trace= names no event. */
void trace_start(void);
/* Task `pid` has another name from now on. Any context. */
void trace_task_renamed(s32 pid);
/* The name of event TRACE_FIRST + n and its system ("lock", "sched", ...); n < TRACE_EVENTS. */
const char *trace_event_name(u32 n, const char **system);
