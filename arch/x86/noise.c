/*
 * The deterministic machine (seed=N). Under QEMU's -icount each expiry of PIT channel 0 ends the running
 * CPU's slice, though nobody receives its interrupt: so counts drawn from a seed choose the schedule of the
 * whole machine. The range is drawn too, from a few instructions to tens of thousands.
 */
#include "arch/clock.h"
#include "arch/cpu.h"
#include "arch/x86/clock.h"
#include "arch/x86/port.h"
#include "diag/bootwords.h"
#include "lib/random.h"

#define PIT_CHANNEL0   0x40
#define PIT_COMMAND    0x43
#define LOW_BYTE_ONCE  0x10 /* channel 0, low byte only, mode 0 */
#define HIGH_BYTE_RATE 0x24 /* channel 0, high byte only, mode 2: again and again until the next draw */

static u32 seed;
BOOT_NUMBER(seed, "draw the end of each CPU's slice from this seed (with QEMU's -icount; 0: off)", &seed);

static PERCPU(struct random, state);

bool clock_is_seeded(void)
{
    return seed != 0;
}

/* Two CPUs may mix their command and data writes; whatever count results is as good, and under -icount the
 * same each time. */
void clock_schedule_noise(void)
{
    if (likely(seed == 0))
        return;
    irqflags_t flags = irq_save();
    struct random *r = &this_cpu(state);
    if (r->state == 0)
        random_seed(r, ((u64)(cpu_id() + 1) << 32) | seed);
    u32 count = 1 + random_below(r, 1u << random_below(r, 16));
    if (count < 256) {
        port_write8(PIT_COMMAND, LOW_BYTE_ONCE);
        port_write8(PIT_CHANNEL0, (u8)count);
    } else {
        port_write8(PIT_COMMAND, HIGH_BYTE_RATE);
        port_write8(PIT_CHANNEL0, (u8)(count >> 8));
    }
    irq_restore(flags);
}
