/*
 * The rules of what is held, and their reports.
 *
 * Order: a lock may be taken only while every held one has a lower rank (sync/lock_order.h). Exceptions:
 *
 *   - a lock that an interrupted context holds does not order the locks of the handler: the handler cannot
 *     wait for it (it would be taken with interrupts off), so it is skipped by its interrupt level;
 *   - RANK_NONE is not ordered at all;
 *   - two locks of one rank are fine when the caller named their order by using a _nested call.
 *
 * Taking a lock that one already holds is a violation in every case, a second read lock included: a writer
 * that queues between the two reads makes the reader wait for itself (R34).
 *
 * The order is checked where lockdep is on; recursion also where a lock is contended, and for sleeping locks
 * always: a deadlock that is certain is never waited for.
 */
#include "diag/race.h"
#include "sync/held_internal.h"
#include "sync/lock_watch.h"
#include "sync/lockdep_internal.h"

static const char *const rank_names[RANK_COUNT] = {
#define L(name) #name,
    LOCK_RANKS(L)
#undef L
};

const char *held_rank_name(const struct lock_class *class)
{
    return rank_names[class->rank];
}

/* `other` is the held lock that forbids `class`. */
cold static void tell_both(enum lock_fault kind, const struct lock_class *class, const void *lock, vaddr_t ip,
                           const struct held_lock *other)
{
    lock_report_begin(kind);
    lock_report_add("  takes %s (rank %s, %s:%d) %p at %pS\n", class->name, held_rank_name(class),
                    class->file, class->line, lock, CALL_AT(ip));
    lock_report_add("    while it holds %s (rank %s, %s:%d) %p%s, taken at %pS\n", other->class->name,
                    held_rank_name(other->class), other->class->file, other->class->line, other->lock,
                    other->mode == LOCK_SHARED ? " shared" : "", CALL_AT(other->ip));
}

cold static void recursion(const struct lock_class *class, const void *lock, vaddr_t ip,
                           const struct held_lock *other)
{
    tell_both(LOCK_FAULT_RECURSION, class, lock, ip, other);
    if (other->mode == LOCK_SHARED)
        lock_report_end(
            "A writer of %s that queues between the two waits for the first, and the second waits "
            "for the writer.",
            class->name);
    else
        lock_report_end("Its holder waits for %s, that is for itself.", class->name);
}

cold static void wrong_rank(const struct lock_class *class, const void *lock, vaddr_t ip,
                            const struct held_lock *other)
{
    tell_both(LOCK_FAULT_RANK, class, lock, ip, other);
    lock_report_add("  the order, outermost first: %s, %s (sync/lock_order.h)\n", held_rank_name(class),
                    held_rank_name(other->class));
    lockdep_tell_order(class, other->class);
    lock_report_end(
        "One that holds %s, as the order says, and wants %s waits for this one, which holds %s and "
        "waits for %s.",
        class->name, other->class->name, other->class->name, class->name);
}

bool held_breaks_ranks(const struct held_lock *held, const struct lock_class *wanted, bool nested)
{
    if (held->class->rank == RANK_NONE || wanted->rank == RANK_NONE)
        return false;
    return held->class->rank > wanted->rank || (held->class->rank == wanted->rank && !nested);
}

void held_check(const struct held_locks *held, const void *lock, const struct lock_class *class, bool nested,
                vaddr_t ip)
{
    held_for_each(e, held)
    {
        if (e->lock == lock) {
            if (e->mode == LOCK_EXCLUSIVE || !mutant(R34))
                recursion(class, lock, ip, e);
            return;
        }
        if (lockdep_watching() && e->level == interrupt_level() && held_breaks_ranks(e, class, nested)) {
            wrong_rank(class, lock, ip, e);
            return;
        }
    }
}

void held_waits_with_spins(vaddr_t ip)
{
    const struct held_locks *held = &this_cpu(spins_held);

    lock_report_begin(LOCK_FAULT_CROSSCALL);
    lock_report_add("  waits for other CPUs at %pS\n", CALL_AT(ip));
    held_for_each(e, held) lock_report_add("  %s (%s:%d) %p is held, taken at %pS\n", e->class->name,
                                           e->class->file, e->class->line, e->lock, CALL_AT(e->ip));
    lock_report_end(
        "A CPU that cannot answer before it has %s waits for this one, and this one for its answer.",
        held->e[1].lock ? held->e[1].class->name : "the lock");
}

void slept_in_atomic(const char *file, int line, vaddr_t ip)
{
    u32 count = preempt_count();
    bool irqs_on = irq_enabled();
    const struct held_lock *e = held_newest(&this_cpu(spins_held));

    lock_report_begin(LOCK_FAULT_SLEEP);
    lock_report_add("  %s:%d may sleep, called at %pS; preemption count 0x%x, interrupts %s\n", file, line,
                    CALL_AT(ip), count, irqs_on ? "on" : "off");
    if (e->lock) {
        lock_report_add("  %s (%s:%d) %p is held, taken at %pS\n", e->class->name, e->class->file,
                        e->class->line, e->lock, CALL_AT(e->ip));
        lock_report_end("Whoever comes to this CPU and wants %s spins for a holder that sleeps.",
                        e->class->name);
    } else {
        lock_report_end("What runs here next finds %s as it was left.",
                        !irqs_on ? "interrupts off" : "preemption off, or the interrupted task half-way");
    }
}
