/*
 * Cross-calls: run a function on other CPUs and wait until they have.
 *
 * Each CPU has one outgoing call (it waits for its end, so it cannot make a second one) and one mailbox: the
 * set of CPUs that want something of it.
 *
 *   sender S                                      target T, from its IPI or from a spin
 *   1 call[S] = {fn, arg, left = targets}         a pending := 0          (exchange: a full barrier)
 *   2 from[T] |= S                (locked)        b senders := from := 0  (exchange)
 *   3 pending[T] := 1, was 0? send an IPI         c for each sender: fn(arg); then call.left--
 *   4 wait for left == 0, answering own mailbox
 *
 * No call is lost: if T's exchange in b comes before 2, then a came before 3, so 3 finds pending 0 and sends
 * another IPI. One IPI is enough for many senders: while pending is 1 somebody's IPI is on its way, and b
 * will see us. The price is an IPI now and then that finds nothing.
 *
 * The sender answers its own mailbox while it waits, since two CPUs may call each other with interrupts off
 * (R42). It holds no spinlock (R41): a spin polls, so a target that waits for our lock would answer; but a
 * function that needs a lock which that target holds would not, and nobody sees such a chain coming.
 */
#include "sync/crosscall.h"
#include "arch/cpu.h"
#include "arch/trap.h"
#include "diag/assert.h"
#include "diag/counters.h"
#include "diag/race.h"
#include "sync/held_internal.h"
#include "sync/lock_watch.h"

struct outgoing_call {
    void (*fn)(void *arg);
    void *arg;
    atomic_t left; /* targets that have not run it yet */
};
struct mailbox {
    atomic_t pending;
    struct cpumask from;
};
static PERCPU(struct outgoing_call, outgoing);
static PERCPU(struct mailbox, mailboxes);
/* To lockdep the answer of another CPU is a lock: the caller wants it, and while a function runs it is held.
 */
static struct lock_class answer_class = {
    .name = "answer to a cross-call", .rank = RANK_NONE, .file = __FILE__, .line = __LINE__};

/* Step c. The decrement is the last access to the sender's call: at 0 it may make the next one. */
static void answer(u32 sender)
{
    struct outgoing_call *call = &per_cpu(outgoing, sender);

    call->fn(call->arg);
    atomic_dec(&call->left);
}

static void answer_all(struct mailbox *box)
{
    atomic_xchg(&box->pending, 0);
    for (u32 w = 0; w < ARRAY_SIZE(box->from.w); w++) {
        if (READ_ONCE(box->from.w[w]) == 0)
            continue;
        choice_point(&box->from.w[w]);
        u32 senders = __atomic_exchange_n(&box->from.w[w], 0, __ATOMIC_SEQ_CST);
        for (; senders != 0; senders &= senders - 1)
            answer(w * 32 + (u32)__builtin_ctz(senders));
    }
}

static noinline void answer_all_watched(struct mailbox *box)
{
    struct held_locks *held = &this_cpu(spins_held);

    struct held_lock *e =
        held_note(held, box, &answer_class, LOCK_EXCLUSIVE, (vaddr_t)(uintptr_t)answer_all_watched + 1);
    e->level = (u8)interrupt_level();
    answer_all(box);
    held_remove(held, box);
}

/* The functions run as in an interrupt whoever calls this: interrupts off, in_interrupt(), own held-lock
 * level. */
void crosscall_poll(void)
{
    preempt_disable();
    struct mailbox *box = &this_cpu(mailboxes);
    if (unlikely(atomic_read(&box->pending) != 0)) {
        irqflags_t flags = irq_save();
        preempt_count_add(PREEMPT_IRQ);
        if (lockdep_watching())
            answer_all_watched(box);
        else
            answer_all(box);
        preempt_count_sub(PREEMPT_IRQ);
        irq_restore(flags);
    }
    preempt_enable_no_resched();
}

/* Steps 2 and 3. */
static void post(u32 target, u32 sender)
{
    struct mailbox *box = &per_cpu(mailboxes, target);

    cpumask_set(&box->from, sender);
    if (atomic_xchg(&box->pending, 1) == 0)
        cpu_send_ipi(target, IPI_CROSSCALL);
}

static void wait_for_answers(struct outgoing_call *call)
{
    if (mutant(R42)) {
        irqflags_t flags = irq_save();
        while (atomic_read_acquire(&call->left) != 0)
            cpu_relax();
        irq_restore(flags);
        return;
    }
    while (atomic_read_acquire(&call->left) != 0) {
        crosscall_poll();
        cpu_relax();
    }
}

void crosscall(const struct cpumask *mask, void (*fn)(void *arg), void *arg)
{
    struct cpumask targets = {{0}};
    int n = 0;

    preempt_disable();
    u32 me = cpu_id(), online = cpu_count();
    struct outgoing_call *call = &this_cpu(outgoing);
    held_check_none_spins(CALLER_IP()); /* R41 */
    assert(!in_interrupt());            /* the interrupted context may be waiting in here */
    if (lockdep_watching())
        lockdep_acquire(NULL, &answer_class, ACQUIRE_SLEEPS | ACQUIRE_WAIT, CALLER_IP());
    cpumask_for_each (cpu, mask) {
        if (cpu == me || cpu >= online)
            continue;
        targets.w[cpu / 32] |= 1u << (cpu % 32);
        n++;
    }
    if (n != 0) {
        assert(atomic_read(&call->left) == 0);
        call->fn = fn;
        call->arg = arg;
        atomic_set_release(&call->left, n);
        count_event(crosscall);
        cpumask_for_each (cpu, &targets)
            post(cpu, me);
        race_point(R42); /* the others may be calling us at this moment, with interrupts off */
        wait_for_answers(call);
    }
    preempt_enable();
}
