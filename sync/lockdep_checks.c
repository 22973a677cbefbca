/* The rules that are no order: what may be held at certain moments. And what /proc/lockdep shows. */
#include "arch/user.h"
#include "diag/panic.h"
#include "lib/format.h"
#include "lib/string.h"
#include "sync/held_internal.h"
#include "sync/lock_watch.h"
#include "sync/lockdep_internal.h"

static void tell_held(const struct held_lock *e)
{
    lock_report_add("  %s (%s:%d) %p is held%s, taken at %pS\n", e->class->name, e->class->file,
                    e->class->line, e->lock, e->mode == LOCK_SHARED ? " shared" : "", CALL_AT(e->ip));
}

static void check_freed(const struct held_locks *held, uintptr_t start, size_t bytes, vaddr_t ip)
{
    held_for_each(e, held)
    {
        if ((uintptr_t)e->lock - start >= bytes)
            continue;
        lock_report_begin(LOCK_FAULT_FREED);
        tell_held(e);
        lock_report_add("  %u bytes at %p are freed at %pS\n", (u32)bytes, (void *)start, CALL_AT(ip));
        lock_report_end(
            "Whoever gets that memory overwrites %s, and its holder's release overwrites his data.",
            e->class->name);
        return;
    }
}

void lockdep_check_freed(const void *start, size_t bytes)
{
    vaddr_t ip = CALLER_IP();

    if (!lockdep_watching())
        return;
    preempt_disable();
    check_freed(&this_cpu(spins_held), (uintptr_t)start, bytes, ip);
    if (held_sleeping && !in_interrupt())
        check_freed(held_sleeping(), (uintptr_t)start, bytes, ip);
    preempt_enable_no_resched();
}

static void tell_left_over(const struct held_locks *held)
{
    held_for_each(e, held) tell_held(e);
}

void lockdep_check_user_return(void)
{
    if (!lockdep_watching() || held_sleeping == NULL)
        return;
    preempt_disable();
    const struct held_locks *sleeping = held_sleeping(), *spins = &this_cpu(spins_held);
    if (unlikely(held_count(sleeping) != 0 || held_count(spins) != 0)) {
        const struct held_lock *e = held_count(sleeping) ? &sleeping->e[1] : &spins->e[1];
        lock_report_begin(LOCK_FAULT_USER_RETURN);
        tell_left_over(sleeping);
        tell_left_over(spins);
        lock_report_end("The program may never come back, and whoever wants %s waits for it.",
                        e->class->name);
    }
    preempt_enable_no_resched();
}

#ifdef FL_TEST
/* A fault takes locks from mmap_lock on. In atomic context it takes none: the access fails instead (R53). */
void user_access_begins(vaddr_t ip)
{
    if (!lockdep_watching() || held_sleeping == NULL || in_atomic())
        return;
    held_for_each(e, held_sleeping())
    {
        if (e->class->rank < RANK_MMAP)
            continue;
        lock_report_begin(LOCK_FAULT_USER_ACCESS);
        tell_held(e);
        lock_report_add("  user memory is touched at %pS\n", CALL_AT(ip));
        lock_report_end(
            "If it faults, the fault waits for %s or for one that waits for it, and its holder waits for "
            "the fault.",
            e->class->name);
        return;
    }
}
#endif

/* ---- /proc/lockdep ---- */

static void report_node(u32 i, void (*line)(void *ctx, const char *text), void *ctx)
{
    const struct lock_node *node = graph_at(i);
    char text[160];

    fmt_snprintf(text, sizeof text, "%3u %-24s %s%s%s %3u after  %s:%d", i, node->class->name,
                 node->is_wait ? "wait " : "lock ", node->used[USED_IN_IRQ].ip ? "irq " : "    ",
                 node->used[USED_IRQS_ON].ip ? "irqs-on" : "       ", node->after, node->class->file,
                 node->class->line);
    line(ctx, text);
}

static void report_edge(u32 i, void (*line)(void *ctx, const char *text), void *ctx)
{
    const struct lock_edge *e = graph_edge_number(i);
    char text[320];

    fmt_snprintf(text, sizeof text, "%s -> %s: held since %pS, wanted at %pS, task %d",
                 graph_at(e->from)->class->name, graph_at(e->to)->class->name, CALL_AT(e->from_ip),
                 CALL_AT(e->at.ip), e->at.pid);
    line(ctx, text);
}

void lockdep_report(void (*line)(void *ctx, const char *text), void *ctx)
{
    char text[120];

    fmt_snprintf(text, sizeof text, "lockdep %s: %u classes, %u edges, %u reports",
                 lockdep_mode == LOCKDEP_OFF  ? "off"
                 : lockdep_mode == LOCKDEP_ON ? "on"
                                              : "warn",
                 graph_nodes() - 1, graph_edges(), lock_report_count());
    line(ctx, text);
    for (u32 i = 1; i < graph_nodes(); i++)
        report_node(i, line, ctx);
    for (u32 i = 0; i < graph_edges(); i++)
        report_edge(i, line, ctx);
    if (lock_report_count() != 0) {
        line(ctx, "the last report:");
        line(ctx, lock_report_last());
    }
}
