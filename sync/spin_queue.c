/*
 * The fair spinlock: its word, and the queue of those who wait.
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
 *   1. tail := me, LOCKED unchanged.          Others do the same: a compare-exchange loop. The former tail is
 *                                             my predecessor; it does not know me yet.
 *   2. predecessor->next := me                A predecessor that is already leaving waits for this (step 5).
 *   3. wait for my `granted`                  (None when there was no predecessor: I am the head.)
 *   4. wait for LOCKED to go                  Only H writes that byte, and only I may set it again.
 *   5. tail is still me? word := LOCKED       By compare-exchange: step 1 of a newcomer may come between.
 *      else LOCKED := 1, next->granted := 1   I am the holder; the next one is the head.
 *
 * Release is a plain store of the low byte: nobody else writes that byte while it is 1. (x86 orders it after
 * all earlier accesses, SDM vol. 3A 8.2.2; the compiler is told by the release.)
 *
 * Every wait answers cross-calls. Without that: CPU 0 asks CPU 1 to flush its TLB and waits; CPU 1 spins with
 * interrupts off for a lock that CPU 2 holds; CPU 2 may not release it before CPU 0 goes on. Nobody moves
 * (R41).
 */
#include "sync/spin_queue.h"
#include "arch/trap.h"
#include "diag/assert.h"
#include "diag/race.h"

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

    while (!spin_cmpxchg(lock, seen, (seen & SPIN_LOCKED) | my_tail))
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
    while (load_acquire(&lock->word) & SPIN_LOCKED)
        spin_relax();
    if (spin_cmpxchg(lock, my_tail, SPIN_LOCKED))
        return;
    store_release(spin_locked_byte(lock), SPIN_LOCKED);
    struct spin_node *next;
    while ((next = load_acquire(&me->next)) == NULL)
        cpu_relax(); /* it is between its steps 1 and 2: a few instructions, and its interrupt handlers */
    store_release(&next->granted, 1u);
}

void spin_queue(struct spinlock *lock)
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
