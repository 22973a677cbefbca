/*
 * Out of memory.
 *
 * The fault that found no frame comes here with no lock of mm/ held (R30): so whoever has to end, or must do
 * something before he can, is not kept from it by us, also when he waits for the very space that we fault in.
 *
 *     1. what nobody needs       empty slabs, the kernel window's stock, what waits for a grace period,
 *                                pages that programs have given up
 *     2. a victim                the largest program, weighted by its oom_score_adj: killed, and said so
 *     3. its memory, at once     taken out of its page tables here (reap), not when it gets round to exit
 *
 * The victim is never waited for. It may sleep uninterruptibly on a lock that the task in here holds: a
 * file's, for the fault may be that of a write(2). Its anonymous pages are nobody's any more from the moment
 * of its death, and mmap_lock shared is enough to take them (as MADV_DONTNEED does). MM_REAPED is set first:
 * from then on a fault in that space ends instead of finding a page of zeroes where data was. Only mmap_lock
 * may be in use there, by somebody who changes regions; that takes a moment, so it is tried for a while, and
 * then somebody else must end. Each call marks one space, so there is an end.
 */
#include "mm/fault/oom.h"
#include "arch/clock.h"
#include "diag/race.h"
#include "mm/frame/alloc_fail.h"
#include "mm/frame/frames.h"
#include "mm/kernel/kvalloc.h"
#include "mm/kernel/slab.h"
#include "mm/space/lazy_free.h"
#include "mm/space/mm_private.h"
#include "sched/task.h"
#include "sync/rcu.h"

#define REAP_TRIES 10u
#define PAUSE_NS   10000000u

struct mm *(*oom_victim_hook)(void);
static u32 busy; /* somebody is in oom_kill_one(); (a) */

/* Lets others get on. False: a fatal signal came. */
static bool pause(void)
{
    task_set_state(TASK_KILLABLE);
    (void)task_sleep_until(clock_ns() + PAUSE_NS);
    return !task_is_killed(current);
}

/* Frames that came free. */
static u32 reclaim(void)
{
    u32 before = frames_in_use(), after;

    rcu_synchronize(); /* what waited for this grace period is freed by its own task, soon */
    kvalloc_purge();
    slab_reap();
    lazy_free_reclaim();
    after = frames_in_use();
    return after < before ? before - after : 0;
}

/* Private anonymous memory that is not locked goes; what a file is behind, or others share, is not the
 * space's own. */
static void reap_regions(struct mm *mm) must_hold_shared(&mm->mmap_lock)
{
    struct gather g;

    mm_note_peak(mm);
    gather_begin(&g, mm);
    for (struct vma *vma = vma_find_above(mm, 0); vma; vma = vma_next(vma))
        if (!(vma->flags & (VM_SHARED | VM_LOCKED)))
            pt_zap_pages(mm, vma->start, vma->end, &g);
    gather_end(&g);
}

static void reap(struct mm *mm)
{
    atomic_bits_set(&mm->wary, MM_REAPED);
    memory_barrier(); /* before the first entry goes: a fault that finds it empty sees this */
    for (u32 i = 0; i < REAP_TRIES; i++) {
        if (rwsem_read_try_lock(&mm->mmap_lock)) {
            reap_regions(mm);
            rwsem_read_unlock(&mm->mmap_lock);
            return;
        }
        if (!pause())
            return;
    }
}

enum fault_result oom_kill_one(void)
{
    struct mm *victim = oom_victim_hook ? oom_victim_hook() : NULL;

    might_sleep();
    if (!victim)
        return FAULT_NO_MEMORY;
    count_event_anywhere(oom_kill);
    reap(victim);
    mm_put_user(victim);
    return task_is_killed(current) ? FAULT_KILLED : FAULT_DONE;
}

static enum fault_result relieve(void)
{
    enum fault_result result;

    if (reclaim())
        return FAULT_DONE;
    if (__atomic_exchange_n(&busy, 1, __ATOMIC_SEQ_CST)) /* somebody makes room already: for us too */
        return pause() ? FAULT_DONE : FAULT_KILLED;
    result = oom_kill_one();
    store_release(&busy, 0);
    return result;
}

enum fault_result oom_relieve(void)
{
    enum fault_result result;

    race_point(R30); /* nothing of mm/ is held: the victim can take what it needs to end */
    if (task_is_killed(current))
        return FAULT_KILLED;
    alloc_waits(true);
    result = relieve();
    alloc_waits(false);
    return result;
}
