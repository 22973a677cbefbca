/*
 * Making other CPUs forget.
 *
 * Who is asked: the CPUs in the space's mask. A CPU sets its bit, then (barrier) loads CR3; we change an
 * entry, then (barrier) read the mask. So either we see the bit, or that CPU's walker sees the new entry
 * (R45). A CPU that runs a kernel task on a borrowed space (lazy TLB) stays in the mask and flushes like any
 * other. It could leave the space instead, at its first flush; but the code that the call interrupts there
 * may be half way through an access to the mirror, and would go on in another directory. It leaves when the
 * space dies (shootdown_evict), or, when it idles, as soon as it is back in its loop (sched/idle.c).
 *
 * How often: every request takes a number from the space's flush_gen, after its entries were changed. A CPU
 * notes in flushed[] up to which number it has flushed.
 *
 *     CPU 1 (interrupts off)   CPU 0: request 7     CPU 2: request 8     CPU 3: request 9
 *     answers 7: it has made 6, and 9 were asked for: drops all, notes 9
 *     answers 8 and 9: made already, nothing to do
 *
 * So a CPU that comes late flushes once for all who wait, and one that has noted the number is not even
 * asked. Only the very next request, with none behind it, is made page by page.
 */
#include "mm/table/shootdown.h"
#include "arch/tlb.h"
#include "diag/assert.h"
#include "diag/trace.h"
#include "mm/space/mm_private.h"
#include "mm/table/pt_write.h"
#include "sync/crosscall.h"

/* More pages than this: dropping all user translations is cheaper than naming each (the refills cost, too).
 */
#define FLUSH_PAGES_MAX 32u

struct flush_request {
    struct mm *mm;
    vaddr_t start, end;               /* pages; end 0: none */
    vaddr_t table_address;            /* some address that a dead table translated */
    vaddr_t mirror_start, mirror_end; /* where dead tables stood in the mirror; end 0: no table died */
    bool all;
    u32 number; /* its place among the flushes of the space */
};

static vaddr_t mirror_address(vaddr_t addr)
{
    return MIRROR_BASE + (pde_index(addr) << PAGE_SHIFT);
}

/* Has that CPU made this flush? Then it has read flush_gen after we had raised it, and so after our entries
 * were changed, and dropped what it held after that. */
static bool has_flushed(const struct space *space, u32 cpu, u32 number)
{
    return (s32)(load_acquire(&space->flushed[cpu]) - number) >= 0;
}

static void flush_pages(const struct flush_request *request)
{
    if (request->end)
        tlb_flush_range(request->start, request->end);
    if (request->mirror_end && !mutant(R50)) {
        tlb_flush_page(request->table_address); /* the PDE caches, even when no page was flushed (R50) */
        if (!mutant(R51))
            tlb_flush_range(request->mirror_start, request->mirror_end);
    }
}

/* On each CPU of the mask, with interrupts or at least preemption off. */
static void flush_here(const struct flush_request *request, enum tlb_flush_reason why)
{
    struct space *space = &request->mm->space;
    u32 self = cpu_id(), asked;

    if (cpu_local()->loaded_space != space)
        return; /* it left meanwhile, and loading CR3 flushed everything */
    if (has_flushed(space, self, request->number)) {
        count_event(flush_spared);
        return;
    }
    asked = (u32)atomic_read_acquire(&space->flush_gen); /* before the flush: it makes no later ones */
    bool all = request->all || asked != request->number || space->flushed[self] != asked - 1;
    trace_point(tlb_flush, why, all ? TRACE_ALL_PAGES : (request->end - request->start) >> PAGE_SHIFT);
    if (all)
        tlb_flush_user(); /* the mirror's entries and the PDE caches with it: none of them is global */
    else
        flush_pages(request);
    count_event(flush_made);
    store_release(&space->flushed[self], asked);
}

/* The cross-call, on each other CPU. */
static void flush_remote(void *request)
{
    flush_here(request, FLUSH_REMOTE_SHOOTDOWN);
}

/* The CPUs of the mask that still have to flush, but for this one. */
static struct cpumask flush_targets(const struct flush_request *request, const struct cpumask *mask)
{
    struct cpumask targets = {{0}};
    u32 self = cpu_id();

    cpumask_for_each (cpu, mask)
        if (cpu != self && !has_flushed(&request->mm->space, cpu, request->number))
            targets.w[cpu / 32] |= 1u << (cpu % 32);
    return targets;
}

static void count_shootdown(const struct flush_request *request, u32 ipis)
{
    count_event(shootdown);
    own_word_add(&this_cpu(counters).n[COUNT_shootdown_ipi], ipis);
    if (request->all)
        count_event(shootdown_full);
    else if (request->end)
        own_word_add(&this_cpu(counters).n[COUNT_shootdown_pages],
                     (request->end - request->start) >> PAGE_SHIFT);
    trace_point(shootdown, request->start, request->end, request->mm->space.cpus.w[0], ipis);
}

/* Preemption stays off throughout: if this task moved between its own flush and the others', the CPU it moved
 * to would be left out by both. */
static void shootdown(struct flush_request *request, const struct cpumask *mask)
{
    struct cpumask others;

    assert(spins_held_count() == 0); /* who spins on our lock with interrupts off would never answer (R41) */
    /* A full barrier: the entries were changed before the mask is read (R45), and before anybody sees the
     * number. */
    request->number = (u32)atomic_inc(&request->mm->space.flush_gen);
    if (cpumask_test(mask, cpu_id()))
        flush_here(request, FLUSH_LOCAL_SHOOTDOWN);
    others = flush_targets(request, mask);
    if (!cpumask_empty(&others))
        crosscall(&others, flush_remote, request);
    flush_debt_paid(request->mm, request->all ? 0 : request->start, request->all ? USER_END : request->end);
    count_shootdown(request, cpumask_weight(&others));
}

void shootdown_range(struct mm *mm, vaddr_t start, vaddr_t end)
{
    struct flush_request request = {.mm = mm, .start = start, .end = end};

    assert(start < end);
    request.all = (end - start) >> PAGE_SHIFT > FLUSH_PAGES_MAX;
    preempt_disable();
    shootdown(&request, &mm->space.cpus);
    preempt_enable();
}

void shootdown_gather(const struct gather *g)
{
    struct flush_request request = {.mm = g->mm, .start = g->start, .end = g->end};

    request.all = g->end && (g->end - g->start) >> PAGE_SHIFT > FLUSH_PAGES_MAX;
    if (g->table_n) {
        request.table_address = g->table_first;
        request.mirror_start = mirror_address(g->table_first);
        request.mirror_end = mirror_address(g->table_last) + PAGE_SIZE;
    }
    if (g->table_n && (mutant(R50) || mutant(R51)))
        request.all = false; /* a full flush would pay the debt that the mutant is to forget */
    preempt_disable();
    shootdown(&request, &g->mm->space.cpus);
    preempt_enable();
}

bool shootdown_is_local(struct mm *mm)
{
    struct cpumask self = cpumask_of(cpu_id());

    assert(preempt_count());
    memory_barrier();
    return !((READ_ONCE(mm->space.cpus.w[0]) & ~self.w[0]) | (READ_ONCE(mm->space.cpus.w[1]) & ~self.w[1]));
}

void shootdown_local(struct mm *mm, vaddr_t addr)
{
    assert(preempt_count());
    tlb_flush_page(addr);
    flush_debt_paid(mm, addr, addr + PAGE_SIZE);
}

static void flush_kernel_here(void *arg)
{
    const struct flush_request *request = arg;

    if (request->all)
        tlb_flush_all();
    else
        tlb_flush_range(request->start, request->end);
}

void shootdown_kernel(vaddr_t start, vaddr_t end)
{
    struct flush_request request = {.start = start, .end = end};
    struct cpumask others = {{0}};

    assert(!vaddr_is_user(start) && start < end);
    request.all = (end - start) >> PAGE_SHIFT > FLUSH_PAGES_MAX;
    preempt_disable();
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        if (cpu != cpu_id())
            others.w[cpu / 32] |= 1u << (cpu % 32);
    flush_kernel_here(&request);
    if (!cpumask_empty(&others))
        crosscall(&others, flush_kernel_here, &request);
    preempt_enable();
}

static void leave_here(void *arg)
{
    struct mm *mm = arg;

    if (cpu_local()->loaded_space == &mm->space)
        space_load(&kernel_space);
}

void shootdown_evict(struct mm *mm)
{
    struct cpumask others;

    assert(spins_held_count() == 0);
    assert(!current->mm || current->mm != mm);
    preempt_disable();
    leave_here(mm);
    memory_barrier();
    others = mm->space.cpus;
    others.w[cpu_id() / 32] &= ~(1u << (cpu_id() % 32));
    if (!cpumask_empty(&others))
        crosscall(&others, leave_here, mm);
    assert(cpumask_empty(&mm->space.cpus));
    preempt_enable();
}
