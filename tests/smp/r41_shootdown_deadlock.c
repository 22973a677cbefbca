/*
 * R41: a CPU waits for a shootdown to be acknowledged while the target spins, interrupts off, on a lock whose
 * holder waits for that same shootdown. Whoever spins must answer.
 *
 *   CPU 0: munmap -> waits for CPU 1's acknowledgement
 *   CPU 1: interrupts off, spins for the lock
 *   CPU 2: holds the lock until the munmap is over
 */
#include "sync/spinlock.h"
#include "tests/scenario.h"

DEFINE_SPINLOCK(r41_lock, NONE);

struct knot {
    struct mm *mm;
    vaddr_t page;
    u32 locked, spinning, unmapped;
};

static void hold_until_unmapped(void *arg)
{
    struct knot *k = arg;

    spin_lock(&r41_lock);
    store_release(&k->locked, 1);
    scene_await(&k->unmapped);
    spin_unlock(&r41_lock);
}
static void spin_with_interrupts_off(void *arg)
{
    struct knot *k = arg;

    user_store(k->page, 1); /* so this CPU must be shot */
    store_release(&k->spinning, 1);
    irqflags_t flags = spin_lock_irq_save(&r41_lock);
    spin_unlock_irq_restore(&r41_lock, flags);
}
static void unmap(void *arg)
{
    struct knot *k = arg;

    check_eq(again(mm_munmap(k->mm, k->page, PAGE_SIZE)), 0);
    store_release(&k->unmapped, 1);
}

TEST(r41_shootdown_deadlock, .cpus = 3, .limit_ticks = 1500,
     .shows = "a CPU that spins for a lock with interrupts off still answers a shootdown")
{
    struct scene *s = scene_begin();
    struct knot k = {.mm = scene_mm(s), .page = scene_mmap(s, 1, VM_RW)};

    refusal_pause(); /* CPU 2 spins until all is over */
    actor_start(s, 2, hold_until_unmapped, &k);
    while (!load_acquire(&k.locked))
        task_yield();
    actor_start(s, 1, spin_with_interrupts_off, &k);
    while (!load_acquire(&k.spinning))
        task_yield();
    actor_start(s, 0, unmap, &k);
    scene_join(s);
    refusal_resume();
    scene_end(s);
}
