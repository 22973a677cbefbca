/*
 * Where the processor's page faults arrive. CR2 is already saved and interrupts are on again if they were on.
 *
 *   user mode                                  resolve it, or raise a signal
 *   kernel mode, user address, a user copy     resolve it, or go to the copy's landing address
 *   kernel mode, anything else                 the landing address where there is one, or an oops: the
 *                                              kernel's own memory is never paged, so this is a
 *                                              programming error (row S17)
 */
#include "arch/trap.h"
#include "diag/assert.h"
#include "mm/fault/fault_private.h"
#include "mm/space/mm_private.h"
#include "sched/task.h"

void (*fault_signal_hook)(struct trap_frame *frame, vaddr_t addr, enum fault_result why);

static void count_unresolved(enum fault_result why)
{
    switch (why) {
    case FAULT_NO_REGION:
    case FAULT_BAD_ACCESS:
        count_event_anywhere(pgfault_segv);
        break;
    case FAULT_PAST_END:
    case FAULT_IO_ERROR:
        count_event_anywhere(pgfault_sigbus);
        break;
    case FAULT_NO_MEMORY:
        count_event_anywhere(pgfault_oom);
        break;
    default:
        break;
    }
}

/* The copy that faulted goes on at its landing address and reports EFAULT. Any context. */
static void kernel_fixup(struct trap_frame *frame, vaddr_t addr, u32 code)
{
    vaddr_t landing = fixup_find(frame_ip(frame));

    if (!landing)
        kernel_oops(frame, "page fault in the kernel", addr, code);
    frame_set_ip(frame, landing);
    count_event_anywhere(pgfault_kernel_fixup);
}

/* Whether a kernel-mode fault may be resolved: a user copy, by a task with memory, that may sleep. */
static bool kernel_may_resolve(const struct trap_frame *frame, vaddr_t addr)
{
    /* Interrupts off or a spinlock held: the handler could sleep, and then nobody would ever let go (R53). */
    if ((preempt_count() || !frame_irqs_were_on(frame)) && !mutant(R53))
        return false;
    return vaddr_is_user(addr) && current->mm && fixup_find(frame_ip(frame));
}

/* The task may be on its way to sleep, its state already set, when its last look at user memory faults (R31).
 * If the fault then sleeps or is preempted, a state other than TASK_RUNNING takes it off the run queue for
 * good: whoever was to wake it may have done so already. The loop that it came from tests again before it
 * sleeps. */
static void fault_set_running(const struct task *self)
{
    if (likely(READ_ONCE(self->state) == TASK_RUNNING))
        return;
    if (!mutant(R31))
        task_set_state(TASK_RUNNING);
    race_point(R31);
}

static inline enum fault_result fault_resolve_access(struct trap_frame *frame, struct mm *mm, vaddr_t addr)
{
    struct task *self = current;

    self->fault_seq++;
    fault_set_running(self);
    if (trace_on(fault_phase)) { /* one test for two events */
        trace_write_fault_phase(self->fault_seq, PHASE_entry, addr, frame_error(frame));
        trace_write_fault_phase_plain(self->fault_seq, PHASE_irq_on, addr);
    }
    static_assert(PF_WRITE >> 1 == ACCESS_WRITE && PF_USER >> 1 == ACCESS_USER, "one shift gives both");
    return fault_handle(mm, addr, frame_error(frame) >> 1 & (ACCESS_WRITE | ACCESS_USER));
}

void page_fault_seen(struct trap_frame *frame, vaddr_t addr)
{
    count_event(pgfault); /* interrupts are off: nobody comes between, and this CPU stays ours */
    if (!trace_on_either(page_fault_user, page_fault_kernel))
        return;
    if (frame_from_user(frame))
        trace_point_as(page_fault_user, fault, addr, frame_ip(frame), frame_error(frame));
    else
        trace_point_as(page_fault_kernel, fault, addr, frame_ip(frame), frame_error(frame));
}

/* What is left when an access could not be resolved. */
static noinline void fault_unresolved(struct trap_frame *frame, vaddr_t addr, u32 code, enum fault_result why)
{
    if (!frame_from_user(frame))
        return kernel_fixup(frame, addr, code);
    if (why == FAULT_KILLED || why == FAULT_INTERRUPTED)
        return; /* the way back to user mode ends in the exit, or in the signal's handler */
    count_unresolved(why);
    if (!fault_signal_hook)
        kernel_oops(frame, "page fault of a program, and nobody to send a signal", addr, code);
    fault_signal_hook(frame, addr, why);
}

void page_fault_entry(struct trap_frame *frame, vaddr_t addr)
{
    enum fault_result result = FAULT_NO_REGION;
    bool user = frame_from_user(frame);
    struct mm *mm = current->mm;

    assert(!user || !preempt_is_off());
    assert(!user || mm);
    if (likely(user) || kernel_may_resolve(frame, addr))
        result = fault_resolve_access(frame, mm, addr);
    if (unlikely(result != FAULT_DONE))
        fault_unresolved(frame, addr, frame_error(frame), result);
}
