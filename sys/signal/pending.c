/* Sets and queues of pending signals, and the shared table of actions. */
#include "diag/assert.h"
#include "fs/inode.h"
#include "lib/string.h"
#include "mm/kernel/slab.h"
#include "sys/process/process.h"
#include "sys/signal/private.h"

#define SYNCHRONOUS                                                                                          \
    (sig_bit(SIGSEGV) | sig_bit(SIGBUS) | sig_bit(SIGILL) | sig_bit(SIGTRAP) | sig_bit(SIGFPE) |             \
     sig_bit(SIGSYS))

void pending_init(struct pending *pending)
{
    list_init(&pending->queue);
}

void pending_free_list(struct list *queued)
{
    struct list *node;
    while ((node = list_pop_front(queued)))
        kfree(list_entry(node, struct queued_signal, link));
}

void pending_free(struct pending *pending)
{
    pending_free_list(&pending->queue);
}

/* An entry that stayed behind would be taken for the next signal of its number. */
void pending_discard(struct pending *pending, sigset signals, struct list *spent)
{
    struct queued_signal *q, *next;
    pending->set &= ~signals;
    pending->plain &= ~(u32)signals;
    list_for_each_safe (q, next, &pending->queue, link) {
        if (!sig_in(&signals, q->info.signal))
            continue;
        list_remove(&q->link);
        if (!q->taken)
            list_push_back(spent, &q->link);
    }
}

void pending_let_go_of_kept(struct pending *pending)
{
    struct queued_signal *q, *next;
    list_for_each_safe (q, next, &pending->queue, link) {
        if (q->taken)
            list_remove(&q->link);
    }
}

static struct queued_signal *first_queued(const struct pending *pending, int signal)
{
    struct queued_signal *q;
    list_for_each (q, &pending->queue, link) {
        if (q->info.signal == signal)
            return q;
    }
    return NULL;
}

/* One of that number is pending no longer: are there others? */
static void note_gone(struct pending *pending, int signal)
{
    bool plain = signal < SIGRTMIN && (pending->plain & plain_bit(signal));
    if (!plain && !first_queued(pending, signal))
        sig_remove(&pending->set, signal);
}

void pending_withdraw(struct pending *pending, struct queued_signal *queued)
{
    list_remove(&queued->link);
    note_gone(pending, queued->info.signal);
}

/* The oldest of the queue; of standard signals what was sent without a queue comes after them. */
static struct queued_signal *queued_take(struct pending *pending, int signal, struct siginfo *info)
{
    struct queued_signal *found = first_queued(pending, signal);
    if (found) {
        *info = found->info;
        list_remove(&found->link);
    } else if (signal < SIGRTMIN) {
        *info = pending->standard[signal];
        pending->plain &= ~plain_bit(signal);
    } else {
        *info = (struct siginfo){.signal = signal, .code = SI_USER};
    }
    note_gone(pending, signal);
    if (!found || !found->taken)
        return found;
    found->taken(found);
    return NULL;
}

/* What the instruction itself caused goes first, then the lowest number. */
int pending_take(struct pending *pending, sigset wanted, struct siginfo *info, struct queued_signal **spent)
{
    sigset ready = pending->set & wanted;
    if (!ready)
        return 0;
    if (ready & SYNCHRONOUS)
        ready &= SYNCHRONOUS;
    u32 low = (u32)ready; /* in halves: the 64-bit count of zeroes is a library function */
    int signal = 1 + (low ? __builtin_ctz(low) : 32 + __builtin_ctz((u32)(ready >> 32)));
    if (unlikely(!list_is_empty(&pending->queue)) || signal >= SIGRTMIN) {
        *spent = queued_take(pending, signal, info);
    } else {
        *info = pending->standard[signal];
        pending->plain &= ~plain_bit(signal);
        sig_remove(&pending->set, signal);
    }
    return signal;
}

struct actions *actions_create(const struct actions *copy_of)
{
    struct actions *actions = kmalloc(sizeof(*actions), GFP_KERNEL);
    if (!actions)
        return NULL;
    if (copy_of)
        memcpy(actions->of, copy_of->of, sizeof(actions->of)); /* a sibling may change one: either is right */
    else
        memset(actions->of, 0, sizeof(actions->of));
    atomic_set(&actions->refs, 1);
    actions->changes = (struct seqcount){0};
    spinlock_init(&actions->lock, "actions", LEAF);
    return actions;
}

void actions_put(struct actions *actions)
{
    int refs = atomic_dec(&actions->refs);
    assert(refs >= 0);
    if (refs == 0)
        kfree(actions);
}

void actions_reset(struct actions *actions)
{
    irqflags_t flags = spin_lock_irq_save(&actions->lock);
    seq_write_begin(&actions->changes);
    for (int signal = 1; signal <= SIGNALS; signal++) {
        u32 kept = actions->of[signal].handler == SIG_IGN ? SIG_IGN : SIG_DFL;
        actions->of[signal] = (struct action){.handler = kept};
    }
    seq_write_end(&actions->changes);
    spin_unlock_irq_restore(&actions->lock, flags);
}

bool signal_ignored_by_default(int signal)
{
    return signal == SIGCHLD || signal == SIGCONT || signal == SIGURG || signal == SIGWINCH;
}

bool signal_stops_by_default(int signal)
{
    return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

const char *signal_name(int signal)
{
    static const char *const names[SIGRTMIN] = {
        "signal 0",  "SIGHUP",  "SIGINT",    "SIGQUIT", "SIGILL",   "SIGTRAP", "SIGABRT", "SIGBUS",
        "SIGFPE",    "SIGKILL", "SIGUSR1",   "SIGSEGV", "SIGUSR2",  "SIGPIPE", "SIGALRM", "SIGTERM",
        "SIGSTKFLT", "SIGCHLD", "SIGCONT",   "SIGSTOP", "SIGTSTP",  "SIGTTIN", "SIGTTOU", "SIGURG",
        "SIGXCPU",   "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO",   "SIGPWR",  "SIGSYS",
    };
    return signal >= 0 && signal < SIGRTMIN ? names[signal] : "a real-time signal";
}
