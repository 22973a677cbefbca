/* R33: whatever faults in between, a fault handles its own address: CR2 is saved before interrupts come back
 * on. */
#include "lib/errno.h"
#include "tests/scenario.h"

#define ELSEWHERE 0x00002000u /* never mapped here */
static u32 nested;

/* Runs at R33, where an interrupt handler might: faults at another address, without sleeping (R53). */
static void fault_elsewhere(void *arg)
{
    u32 value;

    if (atomic_bit_set(&nested, 0))
        return; /* this very fault passes R33 too */
    preempt_disable();
    check_eq(user_load_u32(ELSEWHERE, &value), -EFAULT);
    preempt_enable();
}

/* By compare-exchange: it tries once, where a copy would try again byte by byte and so forgive a misdirected
 * fault. */
static void store_with_nested_fault(void *page)
{
    u32 seen;

    nested = 0;
    race_action(R33, fault_elsewhere, NULL);
    check_eq(again(user_cmpxchg_u32((vaddr_t)page, 0, 3, &seen)), 0);
    race_action(R33, NULL, NULL);
    check_eq(user_load((vaddr_t)page), 3);
    check_eq(nested, 1);
}

TEST(r33_cr2_clobbered,
     .shows = "a fault taken right after interrupts came back does not change which address is handled")
{
    struct scene *s = scene_begin();

    actor_run(s, 0, store_with_nested_fault, (void *)scene_mmap(s, 1, VM_RW));
    scene_end(s);
}
