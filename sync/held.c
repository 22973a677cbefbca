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

#ifdef FL_TEST
static struct task *expecting;
static atomic_t expected_seen;

void held_expect_begin(void)
{
    atomic_set(&expected_seen, 0);
    WRITE_ONCE(expecting, current);
}

u32 held_expect_end(void)
{
    WRITE_ONCE(expecting, NULL);
    return (u32)atomic_read(&expected_seen);
}

static bool was_expected(void)
{
    if (READ_ONCE(expecting) == NULL || expecting != current)
        return false;
    atomic_inc(&expected_seen);
    return true;
}
#else
static bool was_expected(void)
{
    return false;
}
#endif

/* The end of the run, unless a test asked for it. `other` is the held lock that forbids `class`. */
cold static void violation(const char *rule, const struct lock_class *class, const void *lock,
                           const struct held_lock *other)
{
    if (was_expected())
        return;
    printk("lock rule broken: %s\n", rule);
    held_print_here();
    panic("%s: taking %s (%s) %p while holding %s (%s) %p, taken at %pS", rule, class->name,
          rank_names[class->rank], lock, other->class->name, rank_names[other->class->rank], other->lock,
          (void *)other->ip);
}

/* The full look, when the newest entry does not settle it. Recursion is refused whatever the ranks say. */
static void check_all(const struct held_locks *held, const void *lock, const struct lock_class *class,
                      bool nested)
{
    u32 level = interrupt_level();

    for (u32 i = 0; i < held->n; i++) {
        const struct held_lock *e = &held->e[i];
        if (e->class == NULL) /* being filled by the context that we interrupted */
            continue;
        if (e->lock == lock) {
            if (e->mode == LOCK_EXCLUSIVE || !mutant(R34))
                violation("it is held already by the one who takes it", class, lock, e);
            return;
        }
        if (e->level != level || class->rank == RANK_NONE || e->class->rank == RANK_NONE)
            continue;
        if (e->class->rank > class->rank || (e->class->rank == class->rank && !nested)) {
            violation("lock order", class, lock, e);
            return;
        }
    }
}

void held_spin_check_slow(const struct held_locks *held, const void *lock, const struct lock_class *class,
                          bool nested)
{
    check_all(held, lock, class, nested);
}

#ifdef FL_TEST
/* A spinlock under sleeping locks is ordered too; the product image trusts that sleeping ranks are the outer
 * ones. */
void held_spin_check_task(const void *lock, const struct lock_class *class)
{
    if (held_sleeping && !in_interrupt())
        check_all(held_sleeping(), lock, class, false);
}
#endif

void held_check(const void *lock, struct lock_class *class, bool sleeps, bool try, bool nested)
{
    if (try)
        return;
    if (!sleeps)
        check_all(&this_cpu(spins_held), lock, class, nested);
    else if (held_sleeping)
        check_all(held_sleeping(), lock, class, nested);
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

void might_sleep_at(const char *file, int line)
{
    if (likely(!in_atomic()) || !held_scheduling || was_expected())
        return;
    held_print_here();
    panic("%s:%d may sleep, called with preemption count 0x%x and interrupts %s", file, line, preempt_count(),
          irq_enabled() ? "on" : "off");
}
