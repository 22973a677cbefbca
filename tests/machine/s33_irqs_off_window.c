/*
 * S33: interrupts come back on as soon as CR2 is saved. Measured from before the access that faults to the
 * race point behind the STI, which is longer than the window. Under -icount the figure is a count of
 * instructions; tools/runner/trace_viewers.py runs it so and holds it to a bound.
 */
#include "arch/clock.h"
#include "tests/refusal.h"
#include "tests/scenario.h"

#define TRIES 32u
static u32 before, least;

/* Runs right behind the STI. */
static void interrupts_are_on(void *arg)
{
    u32 window = (u32)cpu_cycles() - before;

    check(irq_enabled());
    least = MIN(least, window);
}

static void fault_again_and_again(void *pages)
{
    for (u32 i = 0; i < TRIES; i++) {
        u32 seen;
        before = (u32)cpu_cycles();
        check_eq(again(user_cmpxchg_u32((vaddr_t)pages + i * PAGE_SIZE, 0, 1, &seen)), 0);
    }
}

TEST(
    s33_irqs_off_window,
    .shows = "a fault's address is saved and interrupts are on again within a bounded number of instructions")
{
    struct scene *s = scene_begin();

    least = ~0u;
    race_action(R33, interrupts_are_on, NULL);
    actor_run(s, 0, fault_again_and_again, (void *)scene_mmap(s, TRIES, VM_RW));
    race_action(R33, NULL, NULL);
    scene_end(s);
    u64 per_second = clock_cycles_per_sec();
    test_note("s33 window %u cycles of %u million a second", least, (u32)(per_second / 1000000));
    check(least != 0 && least != ~0u);
}
