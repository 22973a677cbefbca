/*
 * Spinlocks of interrupt handlers. The handler is played: interrupts off, and the count says that one runs.
 * To the checks it is one, and the test has it where it wants it.
 */
#include "sync/crosscall.h"
#include "sync/spinlock.h"
#include "tests/lock_mistakes.h"

static irqflags_t handler_enter(void)
{
    irqflags_t flags = irq_save();

    preempt_count_add(PREEMPT_IRQ);
    return flags;
}
static void handler_leave(irqflags_t flags)
{
    preempt_count_sub(PREEMPT_IRQ);
    irq_restore(flags);
}
static void take_in_handler(struct spinlock *lock)
{
    irqflags_t flags = handler_enter();

    spin_lock(lock);
    spin_unlock(lock);
    handler_leave(flags);
}
static void take(struct spinlock *lock)
{
    spin_lock(lock);
    spin_unlock(lock);
}

TEST(lockdep_irq_lock_with_irqs_on,
     .shows = "a lock that a handler takes and that is held with interrupts on is reported")
{
    struct spinlock lock;

    if (!mistakes_are_watched())
        return;
    spinlock_init(&lock, "irq_self", NONE);
    held_expect_begin();
    take_in_handler(&lock);
    check_not_reported();
    held_expect_begin();
    take(&lock);
    check_reported(LOCK_FAULT_IRQ, "irq_self", "taken by interrupt handlers");
}

TEST(lockdep_irq_chain,
     .shows = "a handler's lock whose holder waits for a lock held with interrupts on is reported")
{
    struct spinlock outer, inner;

    if (!mistakes_are_watched())
        return;
    spinlock_init(&outer, "irq_outer", NONE);
    spinlock_init(&inner, "irq_inner", NONE);
    held_expect_begin();
    take_in_handler(&outer);
    take(&inner); /* with interrupts on */
    check_not_reported();
    held_expect_begin();
    irqflags_t flags = spin_lock_irq_save(&outer);
    spin_lock(&inner);
    spin_unlock(&inner);
    spin_unlock_irq_restore(&outer, flags);
    check_reported(LOCK_FAULT_IRQ_CHAIN, "One CPU holds irq_outer and waits for irq_inner",
                   "spins for irq_outer");
}

TEST(lockdep_irq_chain_later, .shows = "the same when the order was there first, and then the handler came")
{
    struct spinlock outer, inner;

    if (!mistakes_are_watched())
        return;
    spinlock_init(&outer, "later_outer", NONE);
    spinlock_init(&inner, "later_inner", NONE);
    held_expect_begin();
    irqflags_t flags = spin_lock_irq_save(&outer);
    spin_lock(&inner);
    spin_unlock(&inner);
    spin_unlock_irq_restore(&outer, flags);
    take(&inner);
    check_not_reported();
    held_expect_begin();
    take_in_handler(&outer);
    check_reported(LOCK_FAULT_IRQ_CHAIN, "later_outer", "later_inner");
}

TEST(lockdep_irqs_come_on,
     .shows = "interrupts that come on while a handler's lock is held, taken with them off, are reported")
{
    struct spinlock outer, inner;

    if (!mistakes_are_watched())
        return;
    spinlock_init(&outer, "restores_too_early", NONE);
    spinlock_init(&inner, "still_held", NONE);
    take_in_handler(&inner);
    held_expect_begin();
    irqflags_t flags = spin_lock_irq_save(&outer);
    irqflags_t off = spin_lock_irq_save(&inner);
    spin_unlock_irq_restore(&inner, off);
    spin_unlock_irq_restore(&outer, flags);
    check_not_reported();
    held_expect_begin();
    flags = spin_lock_irq_save(&outer);
    off = spin_lock_irq_save(&inner);
    spin_unlock_irq_restore(&outer, flags); /* before inner: interrupts are on, inner is held */
    check_reported(LOCK_FAULT_IRQ, "turns interrupts on at", "while it holds still_held");
    spin_unlock_irq_restore(&inner, off);
}

TEST(lockdep_irq_does_not_order, .shows = "what a handler takes is not ordered after what it interrupted")
{
    struct spinlock task_lock, irq_lock;

    if (!mistakes_are_watched())
        return;
    spinlock_init(&task_lock, "interrupted", NONE);
    spinlock_init(&irq_lock, "interrupting", NONE);
    held_expect_begin();
    spin_lock(&task_lock);
    take_in_handler(&irq_lock);
    spin_unlock(&task_lock);
    check_not_reported();
}

/* Is there such a line in what /proc/lockdep shows? */
struct search {
    const char *wanted;
    bool found;
};
static void look_at_line(void *ctx, const char *line)
{
    struct search *s = ctx;

    s->found = s->found || strstr(line, s->wanted) != NULL;
}
static void take_in_call(void *lock)
{
    spin_lock(lock);
    spin_unlock(lock);
}

TEST(lockdep_cross_call, .cpus = 2,
     .shows = "what a cross-call's function takes comes after the answer, in the same graph as all locks")
{
    struct spinlock lock;
    struct search s = {.wanted = "answer to a cross-call -> called_lock"};

    if (!mistakes_are_watched())
        return;
    spinlock_init(&lock, "called_lock", NONE);
    struct cpumask others = {{0}};
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        cpumask_set(&others, cpu);
    crosscall(&others, take_in_call, &lock);
    lockdep_report(look_at_line, &s);
    check(s.found);
    held_expect_begin();
    take(&lock);
    check_reported(LOCK_FAULT_IRQ, "called_lock", "interrupt handlers");
}
