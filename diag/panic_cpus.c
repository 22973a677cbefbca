/*
 * Stopping the other CPUs of a panicking machine, in turns, so that each one's lines stand together.
 *
 * The owner sends one NMI to all and then calls them up by number. Whoever is stopped, by the NMI or by
 * running into a panic of its own, waits for its number, prints itself and says so. Every wait is bounded: a
 * CPU that does not answer is shown from outside, and a stopped CPU never ends the machine itself.
 */
#include "arch/cpu.h"
#include "arch/trap.h"
#include "diag/panic_internal.h"
#include "diag/printk.h"

#define ANSWER_SPINS 50000000u /* about a second of PAUSE under emulation */

static u32 turn;             /* CPU id + 1 that prints now; the owner writes it */
static struct cpumask shown; /* CPUs that have printed themselves */

static bool wait_until_shown(u32 cpu)
{
    for (u32 spins = 0; spins < ANSWER_SPINS; spins++) {
        if (cpumask_test(&shown, cpu))
            return true;
        cpu_relax();
    }
    return false;
}

void panic_stop_others(void)
{
    u32 me = cpu_id();

    cpu_stop_others();
#ifdef FL_HOST
    return; /* virtual CPUs share this very thread: the others stand still already */
#endif
    for (u32 cpu = 0; cpu < cpu_count(); cpu++) {
        if (cpu == me)
            continue;
        __atomic_store_n(&turn, cpu + 1, __ATOMIC_SEQ_CST);
        if (!wait_until_shown(cpu)) {
            printk("cpu %u does not answer\n", cpu);
            dump_cpu_sections(cpu);
        }
    }
}

void panic_stopped(const struct trap_frame *frame)
{
    u32 me = cpu_id();
    vaddr_t ip = frame ? frame_ip(frame) : CALLER_IP();
    vaddr_t fp = frame ? frame_fp(frame) : (vaddr_t)(uintptr_t)__builtin_frame_address(0);

    irq_disable();
    while (__atomic_load_n(&turn, __ATOMIC_SEQ_CST) != me + 1)
        cpu_relax();
    if (!cpumask_test(&shown, me)) /* a fault in the printing below brings us here again */
        dump_this_cpu(frame, ip, fp);
    cpumask_set(&shown, me);
    for (;;)
        cpu_relax();
}
