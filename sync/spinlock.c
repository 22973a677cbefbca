/*
 * The fair spinlock.
 *
 * One word holds everything that an uncontended lock needs:
 *
 *      31            16 15          8 7           0
 *     +----------------+-------------+-------------+
 *     |  tail of the   |      0      |   LOCKED    |
 *     |  queue, or 0   |             |   (0 or 1)  |
 *     +----------------+-------------+-------------+
 *
 * Free is 0, and 0 -> LOCKED is one compare-exchange: the whole cost of a lock that nobody wants. A CPU that
 * finds anything else queues. Its place is a node of its own (one per CPU and nesting level: a task's spin
 * may be interrupted, and the handler may spin too); the tail names the last node, each node the next one, so
 *
 *     word:  [ tail = C | LOCKED ]          holder H, then A, B, C in the order of their arrival
 *
 *     A (head) ----next----> B ----next----> C
 *     spins on the word      each spins on `granted` in its own node: its own cache line
 *
 * Only the head looks at the word. When H clears LOCKED, the head takes the lock, and makes its successor the
 * head: H's release makes one CPU's line miss and not n.
 *
 * Why it is fair: while the tail is not 0 the word is not 0, so the compare-exchange of a newcomer fails and
 * it queues behind C. Nobody passes anybody. (spin_try_lock never takes a lock that has a queue, for the same
 * reason.)
 *
 * The steps, and who else is looking:
 *
 *   1. tail := me, LOCKED unchanged.            Others do the same: a compare-exchange loop. The former tail
 * is my predecessor; it does not know me yet.
 *   2. predecessor->next := me                  A predecessor that is already leaving waits for this store
 * (step 5).
 *   3. wait for my `granted`                    (none when there was no predecessor: I am the head)
 *   4. wait for LOCKED to go                    Only H writes that byte, and only I may set it again.
 *   5. tail is still me? word := LOCKED         by compare-exchange: step 1 of a newcomer may come between.
 *      else LOCKED := 1, next->granted := 1     I am the holder; the next one is the head.
 *
 * Release is a plain store of the low byte: nobody else writes that byte while it is 1. (x86 orders it after
 * all earlier accesses, SDM vol. 3A 8.2.2; the compiler is told by the release.)
 *
 * Every wait answers cross-calls. Without that: CPU 0 asks CPU 1 to flush its TLB and waits; CPU 1 spins with
 * interrupts off for a lock that CPU 2 holds; CPU 2 may not release it before CPU 0 goes on. Nobody moves
 * (R41).
 */
#include "sync/spinlock.h"
#include "arch/trap.h"
#include "diag/race.h"
#include "sync/held_internal.h"
#include "sync/lock_watch.h"

#define LOCKED     1u
#define TAIL_SHIFT 16
#define LEVELS     4u /* task, interrupt, interrupt in interrupt, cross-call polled from a spin */

struct spin_node {
    u32 granted;            /* set by the predecessor: I am the head */
    struct spin_node *next; /* set by the successor */
};
struct spin_nodes {
    u32 level; /* nodes in use */
    struct spin_node node[LEVELS];
};
static PERCPU(struct spin_nodes, spin_nodes);

static_assert(MAX_CPUS * LEVELS < 0x10000, "a tail fits in the upper half of the word");
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the low byte comes first");

static u32 tail_of(u32 cpu, u32 level)
{
    return (cpu * LEVELS + level + 1) << TAIL_SHIFT;
}

static struct spin_node *node_of(u32 tail)
{
    u32 index = (tail >> TAIL_SHIFT) - 1;

    return &per_cpu(spin_nodes, index / LEVELS).node[index % LEVELS];
}

static bool word_cmpxchg(struct spinlock *lock, u32 old, u32 new)
{
    choice_point(&lock->word);
    return __atomic_compare_exchange_n(&lock->word, &old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

static u8 *locked_byte(struct spinlock *lock)
{
    return (u8 *)&lock->word;
}

void spin_relax(void)
{
    if (!mutant(R41))
        crosscall_poll();
    cpu_relax();
}

/* Steps 1 to 3. Returns as the head of the queue. */
static void queue_up(struct spinlock *lock, struct spin_node *me, u32 my_tail)
{
    u32 seen = READ_ONCE(lock->word);

    while (!word_cmpxchg(lock, seen, (seen & LOCKED) | my_tail))
        seen = READ_ONCE(lock->word);
    if (seen >> TAIL_SHIFT == 0)
        return;
    store_release(&node_of(seen)->next, me);
    while (!load_acquire(&me->granted))
        spin_relax();
}

/* Steps 4 and 5. Returns as the holder. */
static void take_as_head(struct spinlock *lock, struct spin_node *me, u32 my_tail)
{
    while (load_acquire(&lock->word) & LOCKED)
        spin_relax();
    if (word_cmpxchg(lock, my_tail, LOCKED))
        return;
    store_release(locked_byte(lock), LOCKED);
    struct spin_node *next;
    while ((next = load_acquire(&me->next)) == NULL)
        cpu_relax(); /* it is between its steps 1 and 2: a few instructions, and its interrupt handlers */
    store_release(&next->granted, 1u);
}

static noinline void spin_wait_turn(struct spinlock *lock)
{
    struct spin_nodes *mine = &this_cpu(spin_nodes);
    u32 level = mine->level;

    assert(level < LEVELS);
    assert(!held_spin(lock)); /* it would wait for itself */
    mine->level =
        level + 1; /* an interrupt from here on uses the next node, and gives it back before it returns */
    barrier();
    struct spin_node *me = &mine->node[level];
    me->granted = 0;
    me->next = NULL;
    race_point(R41); /* interrupts may be off here, and another CPU may wait for this one to answer a call */
    u32 my_tail = tail_of(cpu_id(), level);
    queue_up(lock, me, my_tail);
    take_as_head(lock, me, my_tail);
    barrier();
    mine->level = level;
}

/* The acquisition when the first attempt failed or somebody measures. */
static noinline void acquire_watched(struct spinlock *lock, vaddr_t ip, bool taken, bool nested)
{
    u32 waited = 0;
    bool contended = !taken;

    if (lock_watched())
        lock_watch_acquire(lock, lock->class, nested ? ACQUIRE_NESTED : 0, ip);
    if (contended) {
        struct lock_holder holder = {.pid = -1, .cpu = (s32)READ_ONCE(lock->owner_cpu) - 1};
        struct lock_wait wait = lock_wait_begin(lock, lock->class, CONTEND_SPIN, holder, ip);
        spin_wait_turn(lock);
        waited = lock_wait_end(&wait, lock, lock->class, 0);
    }
    u32 me = cpu_id() + 1;
    struct held_lock *entry = held_push(&this_cpu(spins_held), lock, lock->class, LOCK_EXCLUSIVE, ip);
    if (lock_watched())
        lock_watch_acquired(entry, waited, contended, lock->owner_cpu != me);
    WRITE_ONCE(lock->owner_cpu, (u16)me);
}

/* Preemption is off. */
static always_inline void acquire(struct spinlock *lock, vaddr_t ip, bool nested)
{
    struct cpu_local *cpu = cpu_local();
    struct held_locks *held = &per_cpu(spins_held, cpu->id);

    held_spin_check(held, lock, lock->class, nested, ip);
    cpu->spin_depth++;
    bool taken = word_cmpxchg(lock, 0, LOCKED);
    if (unlikely(!taken) || lock_watched()) {
        acquire_watched(lock, ip, taken, nested);
        return;
    }
    WRITE_ONCE(lock->owner_cpu, (u16)(cpu->id + 1));
    held_push(held, lock, lock->class, LOCK_EXCLUSIVE, ip);
}

/* After this store the lock may be another CPU's, or its memory another object's: nothing here touches it
 * again. */
static always_inline void release(struct spinlock *lock)
{
    struct cpu_local *cpu = cpu_local();
    struct held_locks *held = &per_cpu(spins_held, cpu->id);
    struct held_lock *entry = held_top(held, lock);

    if (likely(entry != NULL)) {
        if (lock_watched())
            lock_watch_release(entry);
        held_pop(held);
    } else {
        struct held_lock removed = held_remove_from(held, lock);
        if (lock_watched())
            lock_watch_release(&removed);
    }
    assert(cpu->spin_depth > 0);
    cpu->spin_depth--;
    store_release(locked_byte(lock), 0);
}

void spinlock_init_class(struct spinlock *lock, struct lock_class *class)
{
    *lock = (struct spinlock)SPINLOCK_INIT(class);
}

lock_implementation void spin_lock(struct spinlock *lock)
{
    preempt_disable();
    acquire(lock, CALLER_IP(), false);
}

lock_implementation void spin_lock_nested(struct spinlock *lock)
{
    preempt_disable();
    acquire(lock, CALLER_IP(), true);
}

lock_implementation void spin_unlock(struct spinlock *lock)
{
    release(lock);
    preempt_enable();
}

lock_implementation bool spin_try_lock(struct spinlock *lock)
{
    preempt_disable();
    assert(lock->class != NULL);
    if (READ_ONCE(lock->word) != 0 || !word_cmpxchg(lock, 0, LOCKED)) {
        preempt_enable();
        return false;
    }
    cpu_local()->spin_depth++;
    u32 me = cpu_id() + 1;
    struct held_lock *entry =
        held_push(&this_cpu(spins_held), lock, lock->class, LOCK_EXCLUSIVE, CALLER_IP());
    if (lock_watched()) {
        lock_watch_acquire(lock, lock->class, ACQUIRE_TRY, CALLER_IP());
        lock_watch_acquired(entry, 0, false, lock->owner_cpu != me);
    }
    WRITE_ONCE(lock->owner_cpu, (u16)me);
    return true;
}

lock_implementation irqflags_t spin_lock_irq_save(struct spinlock *lock)
{
    irqflags_t flags = irq_save();

    preempt_disable();
    acquire(lock, CALLER_IP(), false);
    return flags;
}

/* Interrupts come on before preemption does: preempt_enable() then sees that it may switch, if it was asked
 * to. */
lock_implementation void spin_unlock_irq_restore(struct spinlock *lock, irqflags_t flags)
{
    release(lock);
    irq_restore(flags);
    preempt_enable();
}

bool spin_is_held(const struct spinlock *lock)
{
    return held_spin(lock);
}

void assert_spin_held(const struct spinlock *lock)
{
    assert(held_spin(lock));
}
