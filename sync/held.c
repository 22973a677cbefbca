/*
 * What is held now, and the rules checked at every acquire.
 *
 * Spinlocks are noted by CPU: their holder cannot move. Sleeping locks are noted by task: their holder can.
 * The check that runs at every acquire is one comparison with the newest held lock, since a list that was
 * built by ascending ranks has its highest rank on top; only when that comparison fails is the whole list
 * looked at, to find out whether it is a violation (and whose) or one of the exceptions:
 *
 *   - a lock that an interrupted context holds does not order the locks of the handler: the handler cannot
 * wait for it (it would be taken with interrupts off), so it is skipped by its interrupt level;
 *   - RANK_NONE is not ordered at all;
 *   - two locks of one rank are fine when the caller named their order by using a _nested call.
 *
 * Taking a lock that one already holds is a violation in every case, a second read lock included: a writer
 * that queues between the two reads makes the reader wait for itself (R34).
 */
#include "sync/held.h"
#include "diag/panic.h"
#include "diag/printk.h"
#include "diag/race.h"
#include "sync/held_internal.h"
#include "sync/lock_watch.h"
#include "sync/lockdep_internal.h"

PERCPU_DEFINE(spins_held);
struct held_locks *(*held_sleeping)(void);
bool held_scheduling;

static const char *const rank_names[RANK_COUNT] = {
#define L(name) #name,
    LOCK_RANKS(L)
#undef L
};

void held_print(const struct held_locks *held)
{
    u32 n = MIN(READ_ONCE(held->n), (u32)HELD_MAX);

    for (u32 i = 0; i < n; i++) {
        const struct held_lock *e = &held->e[i];
        if (e->class)
            printk("    holds %s (%s, %s:%d) %p %s, taken at %pS\n", e->class->name,
                   rank_names[e->class->rank], e->class->file, e->class->line, e->lock,
                   e->mode == LOCK_SHARED ? "shared" : "exclusive", (void *)e->ip);
    }
}

void held_print_here(void)
{
    held_print(&this_cpu(spins_held));
    if (held_sleeping)
        held_print(held_sleeping());
}

/* `other` is the held lock that forbids `class`. */
cold static void tell_both(enum lock_fault kind, const struct lock_class *class, const void *lock, vaddr_t ip,
                           const struct held_lock *other)
{
    lock_report_begin(kind);
    lock_report_add("  takes %s (rank %s, %s:%d) %p at %pS\n", class->name, rank_names[class->rank],
                    class->file, class->line, lock, CALL_AT(ip));
    lock_report_add("    while it holds %s (rank %s, %s:%d) %p%s, taken at %pS\n", other->class->name,
                    rank_names[other->class->rank], other->class->file, other->class->line, other->lock,
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
    lock_report_add("  the order, outermost first: %s, %s (sync/lock_order.h)\n", rank_names[class->rank],
                    rank_names[other->class->rank]);
    if (lockdep_watching())
        lockdep_tell_order(class, other->class);
    lock_report_end(
        "One that holds %s, as the order says, and wants %s waits for this one, which holds %s and "
        "waits for %s.",
        class->name, other->class->name, other->class->name, class->name);
}

/* The full look, when the newest entry does not settle it. Recursion is refused whatever the ranks say. */
static void check_all(const struct held_locks *held, const void *lock, const struct lock_class *class,
                      bool nested, vaddr_t ip)
{
    u32 level = interrupt_level();

    for (u32 i = 0; i < held->n; i++) {
        const struct held_lock *e = &held->e[i];
        if (e->class == NULL) /* being filled by the context that we interrupted */
            continue;
        if (e->lock == lock) {
            if (e->mode == LOCK_EXCLUSIVE || !mutant(R34))
                recursion(class, lock, ip, e);
            return;
        }
        if (e->level != level || class->rank == RANK_NONE || e->class->rank == RANK_NONE)
            continue;
        if (e->class->rank > class->rank || (e->class->rank == class->rank && !nested)) {
            wrong_rank(class, lock, ip, e);
            return;
        }
    }
}

void held_spin_check_slow(const struct held_locks *held, const void *lock, const struct lock_class *class,
                          bool nested, vaddr_t ip)
{
    check_all(held, lock, class, nested, ip);
}

#ifdef FL_TEST
/* A spinlock under sleeping locks is ordered too; the product image trusts that sleeping ranks are the outer
 * ones. */
void held_spin_check_task(const void *lock, const struct lock_class *class, vaddr_t ip)
{
    if (held_sleeping && !in_interrupt())
        check_all(held_sleeping(), lock, class, false, ip);
}
#endif

void held_check_ranks(const void *lock, const struct lock_class *class, bool nested, vaddr_t ip)
{
    if (held_sleeping)
        check_all(held_sleeping(), lock, class, nested, ip);
}

void held_check(const void *lock, struct lock_class *class, bool sleeps, bool try, bool nested, vaddr_t ip)
{
    if (try)
        return;
    if (!sleeps)
        check_all(&this_cpu(spins_held), lock, class, nested, ip);
    else
        held_check_ranks(lock, class, nested, ip);
    if (lockdep_watching())
        lockdep_acquire(lock, class, (sleeps ? ACQUIRE_SLEEPS : 0) | (nested ? ACQUIRE_NESTED : 0), ip);
}

void held_add(const void *lock, struct lock_class *class, bool sleeps, enum lock_mode mode, vaddr_t ip)
{
    if (!sleeps)
        held_push(&this_cpu(spins_held), lock, class, mode, ip);
    else if (held_sleeping)
        held_push(held_sleeping(), lock, class, mode, ip);
}

struct held_lock held_remove_from(struct held_locks *held, const void *lock)
{
    for (u32 i = held->n; i-- > 0;) {
        if (held->e[i].lock != lock || held->e[i].class == NULL)
            continue;
        struct held_lock removed = held->e[i];
        /* Out of order: close the gap. An interrupt in the middle sees a lock twice, never one too few. */
        for (; i + 1 < held->n; i++)
            held->e[i] = held->e[i + 1];
        WRITE_ONCE(held->e[i].class, NULL);
        barrier();
        WRITE_ONCE(held->n, i);
        return removed;
    }
    held_print_here();
    panic("a lock is released that its releaser does not hold: %p", lock);
}

struct held_lock held_remove(const void *lock, bool sleeps)
{
    if (!sleeps)
        return held_remove_from(&this_cpu(spins_held), lock);
    if (held_sleeping)
        return held_remove_from(held_sleeping(), lock);
    return (struct held_lock){.lock = lock};
}

static const struct held_lock *find(const struct held_locks *held, const void *lock)
{
    for (u32 i = held->n; i-- > 0;)
        if (held->e[i].lock == lock && held->e[i].class != NULL)
            return &held->e[i];
    return NULL;
}

bool held_spin(const void *lock)
{
    preempt_disable(); /* a caller that holds nothing may be moved while it asks */
    bool found = find(&this_cpu(spins_held), lock) != NULL;
    preempt_enable_no_resched();
    return found;
}

bool held_sleep(const void *lock, enum lock_mode at_least)
{
    if (held_sleeping == NULL)
        return true; /* boot: one CPU, one thread of control, nothing noted */
    const struct held_lock *e = find(held_sleeping(), lock);
    return e != NULL && (at_least == LOCK_SHARED || e->mode == LOCK_EXCLUSIVE);
}

void held_downgrade(const void *lock)
{
    struct held_locks *held = held_sleeping ? held_sleeping() : NULL;

    for (u32 i = held ? held->n : 0; i-- > 0;)
        if (held->e[i].lock == lock)
            held->e[i].mode = LOCK_SHARED;
}

void held_waits_with_spins(vaddr_t ip)
{
    const struct held_locks *held = &this_cpu(spins_held);

    lock_report_begin(LOCK_FAULT_CROSSCALL);
    lock_report_add("  waits for other CPUs at %pS\n", CALL_AT(ip));
    for (u32 i = 0; i < held->n; i++)
        if (held->e[i].class)
            lock_report_add("  %s (%s:%d) %p is held, taken at %pS\n", held->e[i].class->name,
                            held->e[i].class->file, held->e[i].class->line, held->e[i].lock,
                            CALL_AT(held->e[i].ip));
    lock_report_end(
        "A CPU that cannot answer before it has %s waits for this one, and this one for its answer.",
        held->n && held->e[0].class ? held->e[0].class->name : "the lock");
}

cold static void slept_in_atomic(const char *file, int line)
{
    u32 count = preempt_count();
    bool irqs_on = irq_enabled();
    const struct held_locks *held = &this_cpu(spins_held);
    const struct held_lock *e = held->n ? &held->e[held->n - 1] : NULL;

    lock_report_begin(LOCK_FAULT_SLEEP);
    lock_report_add("  %s:%d may sleep; preemption count 0x%x, interrupts %s\n", file, line, count,
                    irqs_on ? "on" : "off");
    if (e && e->class)
        lock_report_add("  %s (%s:%d) %p is held, taken at %pS\n", e->class->name, e->class->file,
                        e->class->line, e->lock, CALL_AT(e->ip));
    if (e && e->class)
        lock_report_end("Whoever comes to this CPU and wants %s spins for a holder that sleeps.",
                        e->class->name);
    else
        lock_report_end("What runs here next finds %s as it was left.",
                        !irqs_on ? "interrupts off" : "preemption off, or the interrupted task half-way");
}

void might_sleep_at(const char *file, int line)
{
    if (unlikely(in_atomic()) && held_scheduling)
        slept_in_atomic(file, line);
}
