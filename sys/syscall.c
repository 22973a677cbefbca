/*
 * From INT 0x80 to a handler and back: a table, an indirect call, a store.
 *
 * Handlers have the arguments that their call has. All are called with six: cdecl lets the callee ignore what
 * lies above its own, and the caller takes them away again.
 */
#include "sys/syscall.h"
#include "arch/trap.h"
#include "diag/counters.h"
#include "diag/printk.h"
#include "diag/trace.h"
#include "fs/generated.h"
#include "sync/lockdep.h"
#include "sys/syscalls.h"

typedef void (*any_function)(void);
typedef s32 (*handler_of_six)(u32, u32, u32, u32, u32, u32);
struct syscall {
    const char *name;
    any_function handler; /* NULL: known by name only */
};

static const struct syscall table[] = {
#define SYSCALL(number, called, function) [number] = {#called, (any_function)function},
#define NO_SYSCALL(number, called)        [number] = {#called, NULL},
#include "sys/syscall_table.h"
#undef SYSCALL
#undef NO_SYSCALL
};
static u32 unknown_calls[ARRAY_SIZE(table) + 1]; /* by number; the last one counts all beyond the table */

/* Never kills: the program gets ENOSYS and may have another way. */
static noinline cold s32 syscall_unknown(u32 number)
{
    __atomic_fetch_add(&unknown_calls[MIN(number, ARRAY_SIZE(table))], 1, __ATOMIC_RELAXED);
    return -ENOSYS;
}

void syscall_entry(struct trap_frame *frame)
{
    u32 number = frame->eax;
    count_event(syscall);
    trace_point(sys_enter, frame);
    if (unlikely(number >= ARRAY_SIZE(table) || !table[number].handler)) {
        frame->eax = (u32)syscall_unknown(number);
    } else {
        handler_of_six call = (handler_of_six)table[number].handler;
        frame->eax = (u32)call(frame->ebx, frame->ecx, frame->edx, frame->esi, frame->edi, frame->ebp);
    }
    trace_point(sys_exit, number, (s32)frame->eax);
}

void (*syscall_handler)(struct trap_frame *frame) = syscall_entry;

static void syscall_entry_checked(struct trap_frame *frame)
{
    syscall_entry(frame);
    lockdep_check_user_return();
}

void syscall_check_locks(void)
{
    if (lockdep_mode != LOCKDEP_OFF)
        syscall_handler = syscall_entry_checked;
}

static const char *syscall_name(u32 number)
{
    return number < ARRAY_SIZE(table) && table[number].name ? table[number].name : "?";
}

void syscall_print_unknown(struct text *t)
{
    for (u32 i = 0; i < ARRAY_SIZE(unknown_calls); i++)
        if (READ_ONCE(unknown_calls[i]))
            text_print(t, "%u %s %u\n", i, syscall_name(i), unknown_calls[i]);
}

void syscall_record_unknown(void)
{
    for (u32 i = 0; i < ARRAY_SIZE(unknown_calls); i++)
        if (READ_ONCE(unknown_calls[i]))
            control_record("unknown-syscall %u %s %u", i, syscall_name(i), unknown_calls[i]);
}
