/* futex(2) as programs call it: operations, their times, and the small language of FUTEX_WAKE_OP. */
#include "arch/clock.h"
#include "arch/user.h"
#include "sys/futex/private.h"
#include "sys/syscalls.h"
#include "sys/time/user_time.h"

/* FUTEX_WAKE_OP: *addr2 = old OP arg; wakes addr, and addr2 when old CMP cmparg. Encoding: futex(2). */
static s32 futex_wake_op(vaddr_t addr, u32 count, u32 count2, vaddr_t addr2, u32 code, bool shared)
{
    s32 argument = (s32)(code << 8) >> 20, compare = (s32)(code << 20) >> 20;
    u32 comparison = code >> 24 & 15;
    u32 operand = code >> 31 ? 1u << (argument & 31) : (u32)argument, old, seen, fresh;
    if (addr2 % 4)
        return -EINVAL;
    int error = user_load_u32(addr2, &old);
    for (; !error; old = seen) {
        switch (code >> 28 & 7) {
        case 0:
            fresh = operand;
            break;
        case 1:
            fresh = old + operand;
            break;
        case 2:
            fresh = old | operand;
            break;
        case 3:
            fresh = old & ~operand;
            break;
        case 4:
            fresh = old ^ operand;
            break;
        default:
            return -ENOSYS;
        }
        error = user_cmpxchg_u32(addr2, old, fresh, &seen);
        if (!error && seen == old)
            break;
    }
    if (error)
        return error;
    if (comparison > 5)
        return -ENOSYS; /* the operation is done by then, as on Linux */
    s32 is = (s32)old;
    const bool holds[6] = {is == compare, is != compare, is<compare, is <= compare, is> compare,
                           is >= compare};
    s32 woken = futex_wake(addr, count, ~0u, shared);
    if (woken >= 0 && holds[comparison])
        woken += MAX(futex_wake(addr2, count2, ~0u, shared), 0);
    return woken;
}

enum { WAIT, WAKE, REQUEUE = 3, CMP_REQUEUE, WAKE_OP, WAIT_BITSET = 9, WAKE_BITSET };
#define FUTEX_PRIVATE        128u
#define FUTEX_CLOCK_REALTIME 256u

/* WAIT's time is a length, WAIT_BITSET's a moment on the clock that the flag names. */
static int deadline_from(u32 op, u32 command, vaddr_t time, bool time64, u64 *deadline)
{
    u64 ns;
    *deadline = NO_DEADLINE;
    if (!time)
        return 0;
    int error = user_time_load(time, time64, &ns);
    if (error)
        return error;
    if (command == WAIT)
        *deadline = ns + clock_ns() < ns ? NO_DEADLINE : ns + clock_ns();
    else
        *deadline = op & FUTEX_CLOCK_REALTIME ? time_from_wall(ns) : ns;
    return 0;
}

static s32 futex(vaddr_t addr, u32 op, u32 value, vaddr_t time_or_count, vaddr_t addr2, u32 value3,
                 bool time64)
{
    u32 command = op & ~(FUTEX_PRIVATE | FUTEX_CLOCK_REALTIME);
    bool shared = !(op & FUTEX_PRIVATE);
    u64 deadline;
    int error;
    if ((op & FUTEX_CLOCK_REALTIME) && command != WAIT_BITSET)
        return -ENOSYS; /* WAIT's time is a length: no clock's */
    switch (command) {
    case WAIT:
    case WAIT_BITSET:
        error = deadline_from(op, command, time_or_count, time64, &deadline);
        return error ? error : futex_wait(addr, value, command == WAIT ? ~0u : value3, shared, deadline);
    case WAKE:
    case WAKE_BITSET:
        return futex_wake(addr, value, command == WAKE ? ~0u : value3, shared);
    case REQUEUE:
    case CMP_REQUEUE:
        if ((s32)value < 0 || (s32)time_or_count < 0)
            return -EINVAL;
        return futex_requeue(addr, value, time_or_count, addr2, shared,
                             command == CMP_REQUEUE ? &value3 : NULL);
    case WAKE_OP:
        return futex_wake_op(addr, value, time_or_count, addr2, value3, shared);
    default: /* priority inheritance is not here */
        return -ENOSYS;
    }
}

s32 sys_futex(vaddr_t addr, u32 op, u32 value, vaddr_t time, vaddr_t addr2, u32 value3)
{
    return futex(addr, op, value, time, addr2, value3, false);
}

s32 sys_futex_time64(vaddr_t addr, u32 op, u32 value, vaddr_t time, vaddr_t addr2, u32 value3)
{
    return futex(addr, op, value, time, addr2, value3, true);
}
