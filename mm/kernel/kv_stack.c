/*
 * Kernel stacks. A stack is freed by the scheduler, on the CPU that has just left it, with interrupts off: it
 * cannot be unmapped there. So each CPU keeps a few for the next task, and the rest wait in a list for
 * somebody who may sleep. The links are in the stacks themselves.
 *
 * Key: (p) its own CPU's, interrupts off; (s) kstack_spare_lock.
 */
#include "arch/context.h"
#include "arch/cpu.h"
#include "diag/assert.h"
#include "mm/frame/alloc_fail.h"
#include "mm/kernel/kv_private.h"
#include "sync/crosscall.h"

#define STOCK_MAX 4u
#define SPARE_MAX 32u /* more than this are unmapped by the next task that allocates one */

static PERCPU(
    struct {
        u32 n;
        void *stack[STOCK_MAX];
    },
    stock); /* (p) */

DEFINE_SPINLOCK(kstack_spare_lock, LEAF);
static void **spare; /* (s) the first word of each is the next */
static u32 spare_n;  /* (s) */

static void *spare_pop(u32 keep)
{
    irqflags_t flags = spin_lock_irq_save(&kstack_spare_lock);
    void **stack = spare_n > keep ? spare : NULL;
    if (stack) {
        spare = *stack;
        spare_n--;
    }
    spin_unlock_irq_restore(&kstack_spare_lock, flags);
    return stack;
}

static void *stock_pop(void)
{
    irqflags_t flags = irq_save();
    void *stack = this_cpu(stock).n > 0 ? this_cpu(stock).stack[--this_cpu(stock).n] : NULL;
    irq_restore(flags);
    return stack;
}

void *kstack_alloc(void)
{
    void *stack;
    if (alloc_must_fail())
        return NULL;
    while (READ_ONCE(spare_n) > SPARE_MAX && (stack = spare_pop(SPARE_MAX)))
        kvfree(stack);
    stack = stock_pop();
    if (!stack)
        stack = spare_pop(0);
    return stack ? stack : kvalloc(KSTACK_SIZE, "kernel stack", 0);
}

void kstack_free(void *stack)
{
    assert(stack && ((uintptr_t)stack & (PAGE_SIZE - 1)) == 0);
    irqflags_t flags = irq_save();
    bool kept = this_cpu(stock).n < STOCK_MAX;
    if (kept)
        this_cpu(stock).stack[this_cpu(stock).n++] = stack;
    irq_restore(flags);
    if (kept)
        return;
    flags = spin_lock_irq_save(&kstack_spare_lock);
    *(void **)stack = spare;
    spare = stack;
    spare_n++;
    spin_unlock_irq_restore(&kstack_spare_lock, flags);
}

/* Runs on each CPU with interrupts off, perhaps inside a spin: takes no lock, only detaches. */
static void detach_this_cpu(void *arg)
{
    void **list = (void **)arg + cpu_id();
    for (void *stack; (stack = stock_pop()); *list = stack)
        *(void **)stack = *list;
}

void kv_stacks_release(void)
{
    void *lists[MAX_CPUS] = {NULL};
    struct cpumask all = {{0}};
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        cpumask_set(&all, cpu);
    crosscall(&all, detach_this_cpu, lists);
    preempt_disable();
    detach_this_cpu(lists);
    preempt_enable();
    for (u32 cpu = 0; cpu < MAX_CPUS; cpu++) {
        for (void *stack = lists[cpu], *next; stack; stack = next) {
            next = *(void **)stack;
            kvfree(stack);
        }
    }
    for (void *stack; (stack = spare_pop(0));)
        kvfree(stack);
}
