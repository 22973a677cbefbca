/* What a dump shows: registers, backtrace, and the sections that the layers above have registered. */
#include "arch/cpu.h"
#include "arch/trap.h"
#include "diag/assert.h"
#include "diag/panic.h"
#include "diag/panic_internal.h"
#include "diag/printk.h"

static struct dump_section *sections; /* pushed at init, never removed: a dump walks it without a lock */

void dump_register(struct dump_section *section)
{
    assert(section->print || section->print_cpu);
    struct dump_section *first = READ_ONCE(sections);
    do {
        section->next = first;
    } while (
        !__atomic_compare_exchange_n(&sections, &first, section, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
}

void dump_cpu_sections(u32 cpu)
{
    for (struct dump_section *s = load_acquire(&sections); s; s = s->next)
        if (s->print_cpu)
            s->print_cpu(cpu);
}

void dump_sections(void)
{
    for (struct dump_section *s = load_acquire(&sections); s; s = s->next) {
        if (!s->print)
            continue;
        printk("--- %s\n", s->title);
        s->print();
    }
}

void dump_this_cpu(const struct trap_frame *frame, vaddr_t ip, vaddr_t fp)
{
    printk("--- cpu %u, preempt_count 0x%x\n", cpu_id(), preempt_count());
    dump_cpu_sections(cpu_id());
    if (frame)
        frame_print(frame);
    if (frame && frame_from_user(frame))
        printk("  in user mode at 0x%08x\n", frame_ip(frame));
    else
        backtrace_print(ip, fp);
}

void dump_everything(void)
{
    dump_this_cpu(NULL, CALLER_IP(), (vaddr_t)(uintptr_t)__builtin_frame_address(0));
    for (u32 cpu = 0; cpu < cpu_count(); cpu++) {
        if (cpu == cpu_id())
            continue;
        printk("--- cpu %u, seen from cpu %u\n", cpu, cpu_id());
        dump_cpu_sections(cpu);
    }
    dump_sections();
}
