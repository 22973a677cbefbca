/*
 * lockdep: what is learned, and when it is a mistake.
 *
 * Nodes are lock classes; an edge A -> B says that somebody wanted B while he held A. Edges are learned as
 * the kernel runs, whoever runs it and whether or not anybody waits. If B leads to A along the edges already,
 * then the new edge A -> B closes a circle:
 *
 *      T1: has A, wants B        T2: has B, wants C        T3: has C, wants A
 *
 * The three need never have met. It is enough that each did its part once: some day they will meet. That is
 * why this finds a deadlock in a run in which none happens, and a stress test does not.
 *
 * Waits that are no locks are nodes too. Who waits for a completion with A held adds A -> completion; who
 * completes it with A held adds completion -> A, since the completion cannot come without A. The answer of
 * another CPU (sync/crosscall.c) is such a node; what the called function takes comes after it.
 *
 * All modes are the same here: our rwsem is fair, a reader waits behind a waiting writer, so two readers in
 * opposite orders do deadlock as soon as writers come. A try does not wait, so no edge leads to what was
 * tried; but who waits while holding it adds edges from it.
 *
 * Interrupts. A handler's locks are not ordered after those of the code that it interrupts, it has other
 * rules, for spinlocks only (handlers take no other):
 *   - a class that handlers wait for (USED_IN_IRQ) is never held with interrupts on (USED_IRQS_ON), or the
 *     handler spins for a holder on its own CPU that cannot go on;
 *   - nor does such a class lead, along edges, to one that is held with interrupts on:
 *
 *      CPU 0: has B, interrupts on         CPU 1: has A, spins for B (A -> B)
 *             handler spins for A
 *
 * A mistake is reported instead of being learned, so the graph stays free of circles.
 *
 * Cost when on: for each lock held, one look into a table. Everything else happens once for each edge.
 */
#include "sync/lockdep.h"
#include "diag/bootwords.h"
#include "sync/held_internal.h"
#include "sync/lock_watch.h"
#include "sync/lockdep_internal.h"

#ifdef FL_TEST
unsigned lockdep_mode = LOCKDEP_ON;
#else
unsigned lockdep_mode;
#endif
BOOT_CHOICE(lockdep, "learn the order of locks and report what could deadlock; on: a report ends the run",
            &lockdep_mode, "off", "on", "warn");

/* A mistake that nobody asked for is told once. */
static bool told_once(void)
{
    return !lock_report_is_expected();
}

static bool is_node(u32 node, u32 arg)
{
    return node == arg;
}
static bool was_used(u32 node, u32 use)
{
    return graph_at(node)->used[use].ip != 0;
}

static void reverse(u8 *path, u32 n)
{
    for (u32 i = 0; i < n / 2; i++) {
        u8 other = path[n - 1 - i];
        path[n - 1 - i] = path[i];
        path[i] = other;
    }
}

/* Would from -> to lead from a lock of handlers to one held with interrupts on? The whole way into path. */
static u32 irq_way_through(u32 from, u32 to, u8 path[NODES_MAX])
{
    u8 rest[NODES_MAX];
    u32 n = graph_way(from, true, was_used, USED_IN_IRQ, path);
    u32 m = n ? graph_way(to, false, was_used, USED_IRQS_ON, rest) : 0;

    if (m == 0 || n + m > NODES_MAX)
        return 0;
    reverse(path, n);
    for (u32 i = 0; i < m; i++)
        path[n + i] = rest[i];
    return n + m;
}

/* A new edge: learns it, or reports what is wrong with it. */
static noinline void learn(u32 from, const struct held_lock *held, const struct lock_want *want)
{
    u8 path[NODES_MAX];
    u32 circle, chain = 0;

    irqflags_t flags = graph_lock();
    circle = graph_way(want->node, false, is_node, from, path);
    if (circle == 0)
        chain = irq_way_through(from, want->node, path);
    if (circle == 0 && chain == 0)
        graph_add(from, want->node, held, want->ip);
    else if (told_once())
        graph_refuse(from, want->node);
    graph_unlock(flags);
    if (circle)
        story_circle(want, held, path, circle);
    else if (chain)
        story_irq_chain(want, held, path, chain);
}

static void order_after(const struct held_locks *held, const struct lock_want *want)
{
    u32 level = interrupt_level();

    held_for_each(e, held)
    {
        if (e->level != level || e->lock == want->lock)
            continue;
        u32 from = graph_node(e->class, false);
        if (from == want->node) {
            if (e->class->rank == RANK_NONE && !(want->flags & ACQUIRE_NESTED))
                story_circle(want, e, NULL, 0);
        } else if (from != 0 && !graph_knows(from, want->node) &&
                   ((want->flags & ACQUIRE_WAIT) ||
                    !held_breaks_ranks(e, want->class, want->flags & ACQUIRE_NESTED))) {
            learn(from, e, want);
        }
    }
}

/* A use of a spinlock that was not seen of its class before. */
static noinline void learn_use(const struct lock_want *want, enum lock_use now)
{
    enum lock_use other = now == USED_IN_IRQ ? USED_IRQS_ON : USED_IN_IRQ;
    struct lock_node *node = graph_at(want->node);
    u8 path[NODES_MAX];

    irqflags_t flags = graph_lock();
    bool self = node->used[other].ip != 0;
    u32 chain = self ? 0 : graph_way(want->node, now == USED_IRQS_ON, was_used, other, path);
    if ((!self && chain == 0) || told_once())
        node->used[now] = moment_here(want->ip);
    graph_unlock(flags);
    if (self) {
        story_irq_self(want, now);
    } else if (chain) {
        if (now == USED_IRQS_ON)
            reverse(path, chain);
        story_irq_chain(want, NULL, path, chain);
    }
}

static void note_use(const struct lock_want *want)
{
    enum lock_use now;

    if (in_interrupt() && !(want->flags & ACQUIRE_TRY))
        now = USED_IN_IRQ;
    else if (!in_interrupt() && irq_enabled())
        now = USED_IRQS_ON;
    else
        return;
    if (unlikely(READ_ONCE(graph_at(want->node)->used[now].ip) == 0))
        learn_use(want, now);
}

#ifdef FL_TEST
/* What is held here and was taken with interrupts off is held with them on from now. Not in a handler: its
 * own locks cannot be waited for by what it interrupted. */
static void held_with_irqs_on(vaddr_t ip)
{
    if (in_interrupt())
        return;
    held_for_each(e, &this_cpu(spins_held))
    {
        struct lock_want want = {.lock = e->lock,
                                 .class = e->class,
                                 .node = graph_node(e->class, false),
                                 .flags = WANT_IRQS_ON,
                                 .ip = ip};
        if (want.node != 0 && READ_ONCE(graph_at(want.node)->used[USED_IRQS_ON].ip) == 0)
            learn_use(&want, USED_IRQS_ON);
    }
}

void irqs_come_on(vaddr_t ip)
{
    if (lockdep_watching())
        held_with_irqs_on(ip);
}
#endif

/* The locks that the running context holds, at most two lists: fn for each. */
static void after_all_held(const struct lock_want *want)
{
    preempt_disable();
    if (!(want->flags & ACQUIRE_SLEEPS))
        order_after(&this_cpu(spins_held), want);
    if (held_sleeping && !in_interrupt())
        order_after(held_sleeping(), want);
    preempt_enable_no_resched();
}

void lockdep_acquire(const void *lock, struct lock_class *class, u32 flags, vaddr_t ip)
{
    struct lock_want want = {
        .lock = lock, .class = class, .node = graph_node(class, false), .flags = flags, .ip = ip};

    if (want.node == 0)
        return;
    if (!(flags & ACQUIRE_SLEEPS))
        note_use(&want);
    if (!(flags & ACQUIRE_TRY))
        after_all_held(&want);
}

void lockdep_wait(struct lock_class *class, vaddr_t ip)
{
    struct lock_want want = {
        .class = class, .node = graph_node(class, true), .flags = ACQUIRE_WAIT, .ip = ip};

    if (want.node != 0)
        after_all_held(&want);
}

static void happens_after(u32 event, const struct held_lock *as_held, const struct held_locks *held)
{
    u32 level = interrupt_level();

    held_for_each(e, held)
    {
        if (e->level != level)
            continue;
        struct lock_want want = {
            .lock = e->lock, .class = e->class, .node = graph_node(e->class, false), .ip = e->ip};
        if (want.node != 0 && !graph_knows(event, want.node))
            learn(event, as_held, &want);
    }
}

void lockdep_happens(struct lock_class *class, vaddr_t ip)
{
    u32 event = graph_node(class, true);
    struct held_lock as_held = {.class = class, .ip = ip};

    if (event == 0)
        return;
    preempt_disable();
    happens_after(event, &as_held, &this_cpu(spins_held));
    if (held_sleeping && !in_interrupt())
        happens_after(event, &as_held, held_sleeping());
    preempt_enable_no_resched();
}
