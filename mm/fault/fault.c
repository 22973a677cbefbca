/*
 * The page fault.
 *
 *   what the entry holds      read                         write
 *   ------------------------  ---------------------------  ------------------------------------------
 *   empty, no file            the zero page                a zeroed frame             fault_anon.c
 *   empty, private file       the cache's page, read-only  a copy of it               fault_file.c
 *   empty, shared file        the cache's page, read-only  the cache's page           fault_file.c
 *   empty, no page in the     the program that provides    the same                   fault_userfault.c
 *     cache, VM_USERFAULT     its pages is asked
 *   present, read-only        spurious                     private: re-use or copy    cow.c
 *                                                          shared: may write now      fault_file.c
 *   present, allowed          spurious                     spurious                   here
 *   no region at all          a stack above may grow, or SIGSEGV                      fault_stack.c
 *
 * Each case is shape A: prepare with no spinlock, lock the page table, compare with what was seen, commit or
 * give back. What must be waited for is shape B: the case names it in *f and returns FAULT_WAIT; the one loop
 * below waits for it with nothing held and starts again at the look-up. No function here drops a lock that it
 * did not take.
 *
 * Locks: mmap_lock (as the protocol says) > page lock (of a copy not yet writable) > the page table's lock.
 */
#include "mm/fault/fault.h"
#include "arch/tlb.h"
#include "diag/assert.h"
#include "mm/fault/fault_private.h"
#include "mm/space/mm_private.h"
#include "sched/task.h"

static bool access_allowed(u32 vm_flags, u32 access)
{
    if (access & ACCESS_WRITE)
        return vma_may_write(vm_flags, access);
    return vma_accessible(
        vm_flags); /* two-level paging knows no execute right: what can be read can be run */
}

/* The entry already allows it: another CPU raised the right and owed us no flush, or resolved the same fault.
 */
static enum fault_result fault_spurious(struct fault *f) must_hold(f)
{
    count_event_anywhere(pgfault_spurious);
    tlb_flush_page(f->address);
    return mutant(R48) ? FAULT_BAD_ACCESS : FAULT_DONE;
}

/* What does the entry hold? */
static enum fault_result fault_by_entry(struct fault *f) must_hold(f)
{
    bool empty = pte_empty(f->seen_pte);

    race_point(R49); /* the entry may be filled: what was read decides, and the same is compared at the end */
    if (mutant(R49))
        f->seen_pte = pt_peek(f->mm, f->address);
    if (empty)
        return f->vma->mapping ? fault_file(f) : fault_anonymous(f);
    if (!pte_present(f->seen_pte))
        bug("a hidden page in a region that may be accessed: mprotect shows them all");
    if (fault_is_write(f) && !pte_writable(f->seen_pte))
        return fault_write_protected(f);
    return fault_spurious(f);
}

static noinline bool fault_make_table(struct fault *f) must_hold(f)
{
    if (pt_ensure(f->mm, f->address))
        return false;
    f->table = pt_table(f->mm, f->address);
    fault_phase(f, pt_alloc, 0);
    return true;
}

/* The region is there and allows the access: which case is it? */
static enum fault_result fault_resolve(struct fault *f) must_hold(f)
{
    if (unlikely(fault_is_lockfree(f))) {
        if (!fault_look_lockfree(f))
            return FAULT_WAIT;
    } else {
        f->table = pt_table(f->mm, f->address);
        if (unlikely(!f->table) && !fault_make_table(f))
            return FAULT_NO_MEMORY;
        f->slot = pt_slot_known(f->mm, f->address);
        f->seen_pte = pte_read(f->slot);
    }
    return fault_by_entry(f);
}

/* Finds the region and makes it stable, as the protocol in force does; rwsem and retry without the detour
 * through its table. False with nothing held: *why. */
static inline lock_implementation bool region_enter(struct fault *f, enum fault_result *why)
    try_acquires(true, f)
{
    *why = FAULT_DONE;
    if (mutant(R07) && f->vma)
        fault_retake_blindly(f); /* the region that was found before the wait: gone, or another's by now */
    else
        *why = likely(faultlock.shares_mmap_lock) ? region_enter_shared(f) : faultlock.enter(f);
    fault_phase(f, lookup, *why);
    return *why == FAULT_DONE;
}

static inline lock_implementation void region_leave(struct fault *f) releases(f)
{
    if (likely(faultlock.shares_mmap_lock))
        region_leave_shared(f);
    else
        faultlock.leave(f);
}

/* One attempt. Nothing is held before and after. */
static enum fault_result fault_try(struct fault *f)
{
    enum fault_result result;

    if (unlikely(!region_enter(f, &result)))
        return result == FAULT_NO_REGION ? fault_grow_stack(f) : result;
    result = likely(access_allowed(f->vma->flags, f->access)) ? fault_resolve(f) : FAULT_BAD_ACCESS;
    region_leave(f);
    return unlikely(f->stale) ? fault_be_careful(f) : result;
}

/* An attempt did not end in FAULT_DONE. FAULT_DONE: another may, now that what it lacked has been waited for.
 */
static noinline enum fault_result fault_lacked(struct fault *f, enum fault_result result)
{
    if (result != FAULT_WAIT && result != FAULT_NO_MEMORY)
        return result;
    count_event_anywhere(pgfault_retry);
    fault_phase(f, retry, 0);
    return result == FAULT_WAIT ? fault_wait(f) : fault_make_room(f);
}

enum fault_result fault_handle(struct mm *mm, vaddr_t addr, u32 access)
{
    struct fault f; /* the protocol's enter and the look at the entry fill in the rest */
    enum fault_result result;

    f.mm = mm;
    f.address = addr & PAGE_MASK;
    f.access = access;
    f.careful = false;
    f.stale = false;
    if (mutant(R07))
        f.vma = NULL;
    race_point(R48); /* nothing is known yet: another CPU may make the access fine */
    while (unlikely((result = fault_try(&f)) != FAULT_DONE)) {
        result = fault_lacked(&f, result);
        if (result != FAULT_DONE)
            break;
    }
    flush_debt_none();
    fault_phase(&f, exit, result);
    return result;
}
