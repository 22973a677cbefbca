/*
 * Time from the TSC. Its rate is found once, against channel 2 of the PIT (82C54 data sheet; 1.193182 MHz),
 * which counts without anybody's help while we read both.
 */
#include "arch/clock.h"
#include "arch/cpu.h"
#include "arch/x86/clock.h"
#include "arch/x86/port.h"
#include "diag/panic.h"

#define PIT_HZ       1193182u
#define PIT_CHANNEL0 0x40
#define PIT_CHANNEL2 0x42
#define PIT_COMMAND  0x43
#define PIT_GATE     0x61   /* bit 0: channel 2 counts */
#define PIT_WINDOW   23863u /* 20 ms */
#define MEASURES     3
#define MULT_SHIFT   24

static u64 cycles_per_sec, boot_cycles;
static u32 ns_mult; /* nanoseconds per cycle << MULT_SHIFT */

struct sample {
    u64 cycles;
    u16 count;
};

/* Of eight readings the one with the least time between its two TSC reads: a virtual CPU may lose the
 * processor. */
static init_text struct sample sample_both(void)
{
    struct sample best = {0, 0};
    u64 best_width = ~0ull;

    for (int i = 0; i < 8; i++) {
        u64 before = cpu_cycles();
        port_write8(PIT_COMMAND, 0x80); /* latch channel 2 */
        u64 after = cpu_cycles();
        u16 low = port_read8(PIT_CHANNEL2);
        u16 count = (u16)(low | (port_read8(PIT_CHANNEL2) << 8));
        if (after - before < best_width) {
            best_width = after - before;
            best = (struct sample){before + (after - before) / 2, count};
        }
    }
    return best;
}

/* Cycles a second. Too high where the host let the processor rest so long between two samples that the
 * counter went all the way round. */
static init_text u64 measure(void)
{
    port_write8(PIT_GATE, (port_read8(PIT_GATE) & ~2u) | 1u);
    port_write8(PIT_COMMAND, 0xB0); /* channel 2, both bytes, mode 0: counts down once and goes on below 0 */
    port_write8(PIT_CHANNEL2, 0xFF);
    port_write8(PIT_CHANNEL2, 0xFF);

    struct sample first = sample_both(), last;
    u64 limit = cpu_cycles() + (1ull << 36); /* half a minute of any processor */
    do {
        last = sample_both();
        if (cpu_cycles() > limit)
            panic("the PIT does not count");
    } while ((u16)(first.count - last.count) < PIT_WINDOW);
    return (last.cycles - first.cycles) * PIT_HZ / (u16)(first.count - last.count);
}

static init_text void calibrate(void)
{
    cycles_per_sec = measure();
    for (int i = 1; i < MEASURES; i++)
        cycles_per_sec = MIN(cycles_per_sec, measure());
    if (cycles_per_sec < 8000000u)
        panic("the TSC does not count");
    ns_mult = (u32)((NS_PER_SEC << MULT_SHIFT) / cycles_per_sec);
}

u64 clock_cycles_to_ns(u64 cycles)
{
    u64 high = (cycles >> 32) * ns_mult, low = (cycles & 0xFFFFFFFFu) * ns_mult;

    return (high << (32 - MULT_SHIFT)) + (low >> MULT_SHIFT);
}

u64 clock_ns(void)
{
    return clock_cycles_to_ns(cpu_cycles() - boot_cycles);
}
u64 clock_cycles_per_sec(void)
{
    return cycles_per_sec;
}

init_text void clock_delay_us(unsigned us)
{
    u64 end = clock_ns() + us * 1000ull;

    while (clock_ns() < end)
        cpu_relax();
}

init_text void clock_init(void)
{
    /* Channel 0 still ticks for the firmware. Nobody listens, but under -icount its phase would be in the
     * schedule. */
    port_write8(PIT_COMMAND, 0x10); /* channel 0, low byte, mode 0: one count and rest */
    port_write8(PIT_CHANNEL0, 1);
    boot_cycles = cpu_cycles();
    calibrate();
    cmos_read();
}
