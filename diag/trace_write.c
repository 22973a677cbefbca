/* The writers: each fills in the record of its event by field name, in place. Their prototypes are
 * diag/trace.h's; those of locks are in trace_write_locks.c. */
#include "arch/trap.h"
#include "diag/assert.h"
#include "diag/trace_internal.h"

#define PRIO_NICE_0 120

SAME_RECORD(sched_waking, sched_wakeup);
SAME_RECORD(page_fault_user, page_fault_kernel);
SAME_RECORD(local_timer_entry, local_timer_exit);
SAME_RECORD(local_timer_entry, call_function_entry);
SAME_RECORD(local_timer_entry, call_function_exit);

/* enum task_state (sched/task.h: running, interruptible, killable, uninterruptible, dead) in Linux's bits. */
static always_inline u32 linux_state(u32 state)
{
    static const u8 bits[] = {0, 1, 2, 2, 16};
    assert(state < ARRAY_SIZE(bits));
    return bits[state];
}

static always_inline void copy_comm(char to[16], const char *from)
{
    __builtin_memcpy(to, from, 16);
}

in_registers void trace_write_sched_switch(const char *prev_comm, const char *next_comm, s32 next_pid,
                                           u32 prev_state)
{
    WRITE(TRACE_sched_switch, sched_switch, {
        copy_comm(rec->prev_comm, prev_comm);
        rec->prev_pid = trace_pid_of(current_task());
        rec->prev_prio = PRIO_NICE_0;
        rec->prev_state = linux_state(prev_state);
        copy_comm(rec->next_comm, next_comm);
        rec->next_pid = next_pid;
        rec->next_prio = PRIO_NICE_0;
        ring->running = next_pid;
        struct trace_task *known = trace_task_slot(ring, next_pid);
        if (unlikely(known->pid != next_pid))
            trace_remember_task(known, next_pid, next_comm);
    });
}

in_registers void trace_write_sched_wakeup(enum trace_event ev, s32 pid, const char *comm, u32 target_cpu)
{
    WRITE(ev, sched_wakeup, {
        copy_comm(rec->comm, comm);
        rec->pid = pid;
        rec->prio = PRIO_NICE_0;
        rec->target_cpu = (s32)target_cpu;
    });
}

in_registers void trace_write_fault(enum trace_event ev, vaddr_t address, vaddr_t ip, u32 error_code)
{
    WRITE(ev, page_fault_user, {
        rec->address = address;
        rec->ip = ip;
        rec->error_code = error_code;
    });
}

in_registers void trace_write_fault_phase(u32 fault, enum fault_phase phase, vaddr_t address, u32 outcome)
{
    WRITE(TRACE_fault_phase, fault_phase, {
        rec->fault = fault;
        rec->phase = phase;
        rec->address = address;
        rec->outcome = outcome;
        rec->ip = CALLER_IP();
    });
}

in_registers void trace_write_fault_phase_plain(u32 fault, enum fault_phase phase, vaddr_t address)
{
    WRITE(TRACE_fault_phase, fault_phase, {
        rec->fault = fault;
        rec->phase = phase;
        rec->address = address;
        rec->outcome = 0;
        rec->ip = CALLER_IP();
    });
}

in_registers void trace_write_race_point(u32 id, vaddr_t ip)
{
    WRITE(TRACE_race_point, race_point, {
        rec->race = id;
        rec->ip = ip;
    });
}

in_registers void trace_write_shootdown(vaddr_t start, vaddr_t end, u32 mask, u32 answered)
{
    WRITE(TRACE_shootdown, shootdown, {
        rec->start = start;
        rec->end = end;
        rec->mask = mask;
        rec->answered = answered;
    });
}

in_registers void trace_write_tlb_flush(enum tlb_flush_reason reason, u32 pages)
{
    WRITE(TRACE_tlb_flush, tlb_flush, {
        rec->reason = (s32)reason;
        rec->pages = pages == TRACE_ALL_PAGES ? ~0ull : pages;
    });
}

in_registers void trace_write_mm_page_alloc(pfn_t pfn, u32 flags)
{
    WRITE(TRACE_mm_page_alloc, mm_page_alloc, {
        rec->pfn = pfn;
        rec->order = 0;
        rec->gfp_flags = flags;
    });
}

in_registers void trace_write_mm_page_free(pfn_t pfn)
{
    WRITE(TRACE_mm_page_free, mm_page_free, {
        rec->pfn = pfn;
        rec->order = 0;
    });
}

in_registers void trace_write_irq_handler_entry(u32 irq, const char *name)
{
    WRITE(TRACE_irq_handler_entry, irq_handler_entry, {
        rec->irq = (s32)irq;
        rec->name = (u32)(uintptr_t)name;
    });
}

in_registers void trace_write_irq_handler_exit(u32 irq, bool handled)
{
    WRITE(TRACE_irq_handler_exit, irq_handler_exit, {
        rec->irq = (s32)irq;
        rec->ret = handled;
    });
}

in_registers void trace_write_vector(enum trace_event ev, u32 vector)
{
    WRITE(ev, local_timer_entry, { rec->vector = (s32)vector; });
}

in_registers void trace_write_sys_enter(const struct trap_frame *frame)
{
    WRITE(TRACE_sys_enter, sys_enter, {
        rec->id = (s32)frame_call_number(frame);
        frame_call_words(frame, rec->args);
    });
}

in_registers void trace_write_sys_exit(u32 number, s32 result)
{
    WRITE(TRACE_sys_exit, sys_exit, {
        rec->id = (s32)number;
        rec->ret = result;
    });
}
