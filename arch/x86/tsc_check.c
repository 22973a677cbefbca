/*
 * The boot CPU asks, reads its TSC before and after the answer, and takes the other's reading to belong to
 * the middle. Of several rounds the shortest counts: its error is at most half its length. On a busy host a
 * virtual CPU may lose the processor in any round, so there are more of them until one is short.
 */
#include "arch/x86/tsc_check.h"
#include "arch/clock.h"
#include "arch/cpu.h"
#include "diag/printk.h"

#define ROUNDS_MIN  4u
#define ROUNDS_MAX  64u
#define SHORT_ROUND 20000u /* cycles: nobody was away */
#define NO_MORE     ~0u

static u32 asked, answered; /* round numbers: written by one side each */
static u64 their_cycles;    /* published by `answered` */
static s64 worst_difference;
static u64 worst_error;
static u32 worst_cpu;

void tsc_answer(void)
{
    for (u32 round = 1;; round++) {
        u32 now;
        while ((now = load_acquire(&asked)) != round && now != NO_MORE)
            cpu_relax();
        if (now == NO_MORE)
            break;
        their_cycles = cpu_cycles();
        store_release(&answered, round);
    }
    store_release(&answered, NO_MORE);
}

/* One question and its answer: the time that it took, and how far their TSC is ahead of ours. */
static init_text u64 ask(u32 round, s64 *difference)
{
    u64 before = cpu_cycles();

    store_release(&asked, round);
    while (load_acquire(&answered) != round)
        cpu_relax();
    u64 width = cpu_cycles() - before;
    *difference = (s64)(their_cycles - (before + width / 2));
    return width;
}

static u64 magnitude(s64 n)
{
    return (u64)(n < 0 ? -n : n);
}

init_text void tsc_compare(u32 cpu)
{
    u64 least = ~0ull;
    s64 difference = 0, now;

    for (u32 round = 1; round <= ROUNDS_MIN || (round <= ROUNDS_MAX && least > SHORT_ROUND); round++) {
        u64 width = ask(round, &now);
        if (width < least) {
            least = width;
            difference = now;
        }
    }
    store_release(&asked, NO_MORE);
    while (load_acquire(&answered) != NO_MORE)
        cpu_relax();
    store_release(&asked, 0);
    store_release(&answered, 0);
    if (worst_cpu == 0 || magnitude(difference) > magnitude(worst_difference)) {
        worst_difference = difference;
        worst_error = least / 2;
        worst_cpu = cpu;
    }
}

init_text void tsc_report(void)
{
    u32 khz = (u32)(clock_cycles_per_sec() / 1000);

    if (worst_cpu == 0)
        printk("1 CPU, TSC %u.%03u MHz\n", khz / 1000, khz % 1000);
    else
        printk("%u CPUs, TSC %u.%03u MHz; greatest difference %lld cycles +-%llu (CPU %u)\n", cpu_count(),
               khz / 1000, khz % 1000, worst_difference, worst_error, worst_cpu);
}
