/*
 * lockdep's reports: who does what now, what was learned before and by whom, and in one sentence what will
 * deadlock with what.
 */
#include "lib/format.h"
#include "sync/lock_report.h"
#include "sync/lockdep_internal.h"

#define SENTENCE_MAX 300u

static const char *name_of(u32 node)
{
    return graph_at(node)->class->name;
}

static void tell_now(const struct lock_want *want, const struct held_lock *held)
{
    const struct lock_node *node = graph_at(want->node);
    struct lock_moment now = moment_here(want->ip);

    if (want->flags & WANT_IRQS_ON) {
        lock_report_add("  task %d on CPU %u turns interrupts on at %pS\n    while it holds %s (%s:%d)\n",
                        now.pid, now.cpu, CALL_AT(want->ip), want->class->name, want->class->file,
                        want->class->line);
        return;
    }
    lock_report_add("  task %d on CPU %u %s %s (%s:%d) at %pS\n", now.pid, now.cpu,
                    node->is_wait ? "waits for" : "takes", want->class->name, want->class->file,
                    want->class->line, CALL_AT(want->ip));
    if (held)
        lock_report_add("    while it holds %s (%s:%d)%s, taken at %pS\n", held->class->name,
                        held->class->file, held->class->line, held->mode == LOCK_SHARED ? " shared" : "",
                        CALL_AT(held->ip));
}

/* What makes path[i] come before path[i + 1], for the whole path. */
static void tell_way(const u8 *path, u32 n)
{
    for (u32 i = 0; i + 1 < n; i++) {
        const struct lock_edge *e = graph_edge(path[i], path[i + 1]);
        if (e == NULL)
            continue; /* the one that is being reported */
        const struct lock_node *from = graph_at(e->from), *to = graph_at(e->to);
        lock_report_add("    %s before %s: task %d on CPU %u%s\n", from->class->name, to->class->name,
                        e->at.pid, e->at.cpu, e->is_irq ? ", in an interrupt," : "");
        lock_report_add(from->is_wait
                            ? "      made it happen at %pS,\n      with the other held since %pS\n"
                            : "      held the first since %pS,\n      when it wanted the other at %pS\n",
                        CALL_AT(e->from_ip), CALL_AT(e->at.ip));
    }
}

void lockdep_tell_order(const struct lock_class *first, const struct lock_class *second)
{
    u8 path[2] = {(u8)first->node, (u8)second->node};

    if (path[0] && path[1] && graph_edge(path[0], path[1]))
        tell_way(path, 2);
}

/* "..., held by one that waits for B, held by one that waits for C" */
static size_t say_way(char *to, size_t size, const u8 *path, u32 n)
{
    size_t at = 0;

    for (u32 i = 0; i + 1 < n && at < size; i++)
        at += (size_t)fmt_snprintf(to + at, size - at, ", %s one that waits for %s",
                                   graph_at(path[i])->is_wait ? "which needs" : "held by",
                                   name_of(path[i + 1]));
    return MIN(at, size - 1);
}

/* The event itself "takes" what its maker holds: the story begins with the maker. */
static void tell_event(const struct lock_want *want, const struct held_lock *event)
{
    struct lock_moment now = moment_here(event->ip);

    lock_report_add("  task %d on CPU %u makes %s (%s:%d) happen at %pS\n", now.pid, now.cpu,
                    event->class->name, event->class->file, event->class->line, CALL_AT(event->ip));
    lock_report_add("    while it holds %s (%s:%d), taken at %pS\n", want->class->name, want->class->file,
                    want->class->line, CALL_AT(want->ip));
}

void story_circle(const struct lock_want *want, const struct held_lock *held, const u8 *path, u32 n)
{
    char way[SENTENCE_MAX] = "";
    bool event = n != 0 && graph_at(path[n - 1])->is_wait;

    lock_report_begin(LOCK_FAULT_CIRCLE);
    if (event)
        tell_event(want, held);
    else
        tell_now(want, held);
    if (n == 0) {
        lock_report_end("Two that take two locks of class %s in opposite orders wait for each other: "
                        "nothing says which one comes first.",
                        want->class->name);
        return;
    }
    lock_report_add("  but the order so far is the other way round:\n");
    tell_way(path, n);
    say_way(way, sizeof way, path, n);
    if (event)
        lock_report_end("%s comes only from one that has %s%s: nobody goes on.", held->class->name,
                        want->class->name, way);
    else
        lock_report_end("One that holds %s waits for %s%s: nobody goes on.", held->class->name,
                        want->class->name, way);
}

static void tell_use(u32 node, enum lock_use use)
{
    const struct lock_moment *m = &graph_at(node)->used[use];

    if (m->ip != 0)
        lock_report_add("  %s (%s:%d) is %s: task %d on CPU %u, at %pS\n", name_of(node),
                        graph_at(node)->class->file, graph_at(node)->class->line,
                        use == USED_IN_IRQ ? "taken by interrupt handlers" : "held with interrupts on",
                        m->pid, m->cpu, CALL_AT(m->ip));
}

void story_irq_self(const struct lock_want *want, enum lock_use now)
{
    lock_report_begin(LOCK_FAULT_IRQ);
    tell_now(want, NULL);
    if (!(want->flags & WANT_IRQS_ON))
        lock_report_add("    %s\n", now == USED_IN_IRQ ? "in an interrupt handler" : "with interrupts on");
    tell_use(want->node, now == USED_IN_IRQ ? USED_IRQS_ON : USED_IN_IRQ);
    lock_report_end("A handler that interrupts the holder of %s spins for it, and the holder cannot go on "
                    "before the handler ends.",
                    want->class->name);
}

void story_irq_chain(const struct lock_want *want, const struct held_lock *held, const u8 *path, u32 n)
{
    u32 first = path[0], last = path[n - 1];

    lock_report_begin(LOCK_FAULT_IRQ_CHAIN);
    tell_now(want, held);
    tell_way(path, n);
    tell_use(first, USED_IN_IRQ);
    tell_use(last, USED_IRQS_ON);
    lock_report_end("One CPU holds %s and waits for %s; the CPU that has %s is interrupted by a handler that "
                    "spins for %s: neither goes on.",
                    name_of(first), name_of(path[1 < n ? 1 : 0]), name_of(last), name_of(first));
}
