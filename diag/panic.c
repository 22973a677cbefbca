/*
 * The end of the machine. The first CPU that panics owns the ending: it prints why, its own state, then every
 * other CPU's, and ends QEMU with a failing status. A CPU that panics later prints nothing of its own accord;
 * it is stopped and shown like the others. A panic inside the dump cuts the dump short and still ends the
 * machine.
 */
#include "diag/panic.h"
#include "arch/cpu.h"
#include "arch/trap.h"
#include "diag/panic_internal.h"
#include "diag/printk.h"
#include "diag/printk_internal.h"
#include "lib/format.h"

u32 panic_owner;
static u32 panics_here; /* by the owner; counts a dump that failed */

void (*oops_describe_address)(vaddr_t addr);
#ifdef FL_TEST
void (*panic_expected)(const char *sentence);
#endif

/* Returns once, on the CPU that owns the ending; interrupts are off from here on. */
static void become_owner(const struct trap_frame *frame)
{
    u32 me = cpu_id() + 1, nobody = 0;

    irq_disable();
    if (!__atomic_compare_exchange_n(&panic_owner, &nobody, me, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) &&
        nobody != me)
        panic_stopped(frame);
    if (++panics_here > 2)
        machine_exit(1); /* even printing fails: nothing is left to say */
    printk_emergency();
}

/* Ends the dump if this panic happened inside one. */
static void end_nested(void)
{
    if (panics_here == 1)
        return;
    printk("panic: the dump itself failed; the machine ends here\n");
    machine_exit(1);
}

static noreturn void end_machine(const struct trap_frame *frame, vaddr_t ip, vaddr_t fp)
{
    end_nested();
    dump_this_cpu(frame, ip, fp);
    panic_stop_others();
    dump_sections();
    printk("panic: the machine ends here\n");
    machine_exit(1);
}

void panic(const char *fmt, ...)
{
    char sentence[256];
    va_list args;

    va_start(args, fmt);
    fmt_vsnprintf(sentence, sizeof sentence, fmt, args);
    va_end(args);
#ifdef FL_TEST
    if (READ_ONCE(panic_expected))
        panic_expected(sentence);
#endif
    become_owner(NULL);
    printk("panic on cpu %u: %s\n", cpu_id(), sentence);
    end_machine(NULL, CALLER_IP(), (vaddr_t)(uintptr_t)__builtin_frame_address(0));
}

void boot_refuse(const char *fmt, ...)
{
    va_list args;

    irq_disable();
    printk_set_quiet(false);
    va_start(args, fmt);
    vprintk(fmt, args);
    va_end(args);
    printk("\n");
    control_record("exit 1");
    machine_exit(1);
}

void kernel_oops(struct trap_frame *frame, const char *what, vaddr_t addr, u32 code)
{
    become_owner(frame);
    printk("oops on cpu %u: %s, address 0x%08x, code 0x%x, at %pS\n", cpu_id(), what, addr, code,
           (void *)(uintptr_t)frame_ip(frame));
    if (oops_describe_address && panics_here == 1)
        oops_describe_address(addr);
    end_machine(frame, frame_ip(frame), frame_fp(frame));
}

/* The first CPU that an NMI finds dumps the machine, since only a watchdog sends one to a machine that is
 * well. */
void nmi_entry(struct trap_frame *frame)
{
    become_owner(frame);
    if (panics_here > 1) {
        /* The watchdog is impatient with a dump that goes on. Let it go on: the NMI returns into it. */
        panics_here--;
        return;
    }
    printk("NMI on cpu %u: somebody asked for a dump, at %pS\n", cpu_id(),
           (void *)(uintptr_t)frame_ip(frame));
    end_machine(frame, frame_ip(frame), frame_fp(frame));
}
