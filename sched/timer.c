/*
 * One-shot timers: one tree per CPU, by expiry, run from the tick. So a timer fires up to one tick late.
 *
 * The tree's lock is not held while a timer's function runs: it may arm timers, wake tasks, and take their
 * locks. So timer_cancel(), which promises that the function is not running anywhere when it returns, waits
 * for `firing`.
 */
#include "arch/clock.h"
#include "diag/assert.h"
#include "sched/runq.h"

struct timer_base {
    struct spinlock lock;
    struct rbtree tree;
    struct timer *firing; /* its function runs now, on this base's CPU */
};
static PERCPU(struct timer_base, bases);
static struct lock_class base_class = {
    .name = "timers", .rank = RANK_TIMER, .file = __FILE__, .line = __LINE__};

void timers_init(void)
{
    for (u32 cpu = 0; cpu < MAX_CPUS; cpu++)
        spinlock_init_class(&per_cpu(bases, cpu).lock, &base_class);
}

static void insert(struct timer_base *base, struct timer *t)
{
    struct rbnode **at = &base->tree.root, *parent = NULL;
    bool left = true;

    while (*at) {
        parent = *at;
        left = t->expires_ns < rb_entry(parent, struct timer, node)->expires_ns;
        at = left ? &parent->left : &parent->right;
    }
    rb_insert(&base->tree, &t->node, parent, left);
}

void timer_arm(struct timer *t, u64 expires_ns, void (*fn)(struct timer *))
{
    assert(fn != NULL && !t->armed);
    irqflags_t flags = irq_save();
    struct timer_base *base = &this_cpu(bases);
    spin_lock(&base->lock);
    t->cpu = cpu_id();
    t->expires_ns = expires_ns;
    t->fn = fn;
    t->armed = true;
    insert(base, t);
    spin_unlock(&base->lock);
    irq_restore(flags);
}

/* Its owner alone arms and cancels it, so t->cpu is stable here. */
bool timer_cancel(struct timer *t)
{
    struct timer_base *base = &per_cpu(bases, t->cpu);

    for (;;) {
        irqflags_t flags = spin_lock_irq_save(&base->lock);
        bool was_armed = t->armed;
        if (was_armed) {
            rb_remove(&base->tree, &t->node);
            t->armed = false;
        }
        bool firing = base->firing == t;
        bool from_itself = firing && t->cpu == cpu_id() && in_interrupt();
        spin_unlock_irq_restore(&base->lock, flags);
        if (!firing || from_itself)
            return was_armed;
        spin_relax();
    }
}

/* Takes the first expired timer out and marks it as firing; NULL when there is none. */
static struct timer *take_expired(struct timer_base *base, u64 now)
{
    spin_lock(&base->lock);
    struct rbnode *node = rb_first(&base->tree);
    struct timer *t = node ? rb_entry(node, struct timer, node) : NULL;
    if (t && t->expires_ns > now)
        t = NULL;
    if (t) {
        rb_remove(&base->tree, &t->node);
        t->armed = false;
    }
    base->firing = t;
    spin_unlock(&base->lock);
    return t;
}

u64 timers_next(u32 cpu)
{
    const struct rbnode *node = rb_first(&per_cpu(bases, cpu).tree);

    return node ? rb_entry(node, struct timer, node)->expires_ns : ~0ull;
}

void timers_run(void)
{
    struct timer_base *base = &this_cpu(bases);
    u64 now = clock_ns();
    struct timer *t;

    while ((t = take_expired(base, now)) != NULL)
        t->fn(t);
}
