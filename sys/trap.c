/* What goes wrong in user mode, as signals. Codes: sigaction(2); vectors: SDM vol. 3A, table 6-1. */
#include "arch/trap.h"
#include "diag/assert.h"
#include "lib/string.h"
#include "mm/fault/fault.h"
#include "sys/process/process.h"
#include "sys/trap.h"

enum vector {
    DIVIDE = 0,
    DEBUG = 1,
    BREAKPOINT = 3,
    OVERFLOW = 4,
    BOUND = 5,
    OPCODE = 6,
    STACK = 12,
    PROTECTION = 13,
    X87 = 16,
    ALIGNMENT = 17,
    SIMD = 19,
};

/* The first unmasked exception, in the order in which the processor reports them: SDM vol. 1, 8.6 and 11.5.2.
 */
static int float_code(u32 raised)
{
    if (raised & 1)
        return FPE_FLTINV;
    if (raised & 4)
        return FPE_FLTDIV;
    if (raised & 8)
        return FPE_FLTOVF;
    if (raised & 18) /* underflow, denormal */
        return FPE_FLTUND;
    return raised & 32 ? FPE_FLTRES : 0;
}

static int float_exception(u32 vector)
{
    u8 area[FPU_STATE_BYTES] aligned_to(16);
    u16 control, status;
    u32 mxcsr;
    if (!context_fpu_save(area))
        return 0;
    memcpy(&control, area, 2);
    memcpy(&status, area + 2, 2);
    memcpy(&mxcsr, area + 24, 4);
    return float_code(vector == X87 ? status & ~control & 0x3fu : mxcsr & ~(mxcsr >> 7) & 0x3fu);
}

void user_exception(struct trap_frame *frame, u32 vector, u32 code)
{
    assert(frame_from_user(frame));
    u32 ip = frame_ip(frame);
    switch (vector) {
    case DIVIDE:
        return signal_force(SIGFPE, FPE_INTDIV, ip);
    case DEBUG:
        frame->eflags &= ~0x100u; /* the trap flag: one trap, or the handler would trap too */
        return signal_force(SIGTRAP, TRAP_TRACE, ip);
    case BREAKPOINT:
        return signal_force(SIGTRAP, SI_KERNEL, 0);
    case OPCODE:
        return signal_force(SIGILL, ILL_ILLOPN, ip);
    case X87:
    case SIMD:
        return signal_force(SIGFPE, float_exception(vector), ip);
    case ALIGNMENT:
        return signal_force(SIGBUS, BUS_ADRALN, 0);
    case STACK:
        return signal_force(SIGBUS, SI_KERNEL, 0);
    default: /* OVERFLOW, BOUND, PROTECTION and what else there may be: no address is known */
        return signal_force(SIGSEGV, SI_KERNEL, 0);
    }
}

void fault_to_signal(struct trap_frame *frame, vaddr_t addr, enum fault_result why)
{
    switch (why) {
    case FAULT_NO_REGION:
        return signal_force(SIGSEGV, SEGV_MAPERR, addr);
    case FAULT_BAD_ACCESS:
        return signal_force(SIGSEGV, SEGV_ACCERR, addr);
    case FAULT_PAST_END:
    case FAULT_IO_ERROR:
        return signal_force(SIGBUS, BUS_ADRERR, addr);
    case FAULT_NO_MEMORY:
        return signal_force(SIGKILL, SI_KERNEL, addr);
    case FAULT_INTERRUPTED:
    case FAULT_KILLED: /* the signal that ended the wait is pending already */
        return;
    default:
        bug("a fault that was resolved has no signal");
    }
}
