/*
 * Flushes that are owed. A task that takes something from an entry owes every CPU of the space a flush, and
 * must have made it before it lets go of a frame (R43) and before its operation ends (R11, R17, R26). The
 * debt is the running task's own, a range of one address space: nobody else can pay it, for nobody else knows
 * of it.
 */
#ifdef FL_TEST
#include "arch/cpu.h"
#include "diag/panic.h"
#include "mm/table/entry_check.h"
#include "sched/task.h"

/* NULL before there are tasks, and with ptecheck=0. */
static struct flush_debt *my_debt(void)
{
    struct task *self = current;

    return entry_check && self ? &self->flush_debt : NULL;
}

static noreturn void unpaid(struct flush_debt *debt, const char *sentence)
{
    struct flush_debt was = *debt;

    debt->mm = NULL; /* a test that provoked this goes on */
    panic("page-table entries of %#x to %#x: %s; %pS took rights from them", was.start, was.end, sentence,
          (void *)(was.writer - 1));
}

void flush_debt_add(const struct mm *mm, vaddr_t addr, vaddr_t writer)
{
    struct flush_debt *debt = my_debt();

    if (!debt)
        return;
    if (debt->mm && debt->mm != mm)
        unpaid(debt, "the task goes on to another address space, and they were never flushed");
    if (!debt->mm)
        *debt = (struct flush_debt){mm, addr, addr, writer};
    debt->start = MIN(debt->start, addr);
    debt->end = MAX(debt->end, addr + PAGE_SIZE);
}

void flush_debt_paid(const struct mm *mm, vaddr_t start, vaddr_t end)
{
    struct flush_debt *debt = my_debt();

    if (debt && debt->mm == mm && start <= debt->start && debt->end <= end)
        debt->mm = NULL;
}

void flush_debt_none(void)
{
    struct flush_debt *debt = my_debt();

    if (debt && debt->mm)
        unpaid(debt, "no flush came before the end");
}
#endif
