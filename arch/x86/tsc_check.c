/*
 * The boot CPU asks, reads its TSC before and after the answer, and takes the other's reading to belong to
 * the middle. Of several rounds the shortest counts: its error is at most half its length.
 */
#include "arch/x86/tsc_check.h"
#include "arch/clock.h"
#include "arch/cpu.h"
#include "diag/printk.h"

#define ROUNDS 8u

static u32 asked, answered; /* round numbers: written by one side each */
static u64 their_cycles;    /* published by `answered` */
static s64 worst_difference;
static u64 worst_error;
static u32 worst_cpu;

void tsc_answer(void)
{
    for (u32 round = 1; round <= ROUNDS; round++) {
        while (load_acquire(&asked) != round)
            cpu_relax();
        their_cycles = cpu_cycles();
        store_release(&answered, round);
    }
}

init_text void tsc_compare(u32 cpu)
{
    u64 least = ~0ull;
    s64 difference = 0;

    for (u32 round = 1; round <= ROUNDS; round++) {
        u64 before = cpu_cycles();
        store_release(&asked, round);
        while (load_acquire(&answered) != round)
            cpu_relax();
        u64 width = cpu_cycles() - before;
        if (width < least) {
            least = width;
            difference = (s64)(their_cycles - (before + width / 2));
        }
    }
    store_release(&asked, 0);
    store_release(&answered, 0);
    if (worst_cpu == 0 || (difference < 0 ? -difference : difference) >
                              (worst_difference < 0 ? -worst_difference : worst_difference)) {
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
