/*
 * Promises and limits.
 *
 * A page of private writable memory is promised when its region is made (VM_ACCOUNT on the region says so, so
 * that exactly that is taken back), or when mprotect makes a region writable; shared anonymous memory once,
 * by its file. Whether the promise can be kept is another matter, which is what the modes are about: proc(5),
 * Documentation/vm/overcommit-accounting.
 */
#include "mm/space/commit.h"
#include "diag/assert.h"
#include "lib/errno.h"
#include "sched/task.h"

u32 overcommit_mode = OVERCOMMIT_GUESS, overcommit_ratio = 50;
static atomic_t promised; /* written when regions change, by all CPUs: not by faults */

u32 commit_limit(void)
{
    return (u32)((u64)frames_total() * READ_ONCE(overcommit_ratio) / 100);
}

u32 commit_promised(void)
{
    return (u32)atomic_read(&promised);
}

/* `now`: what is promised, the request included. */
static bool may_promise(u32 now, u32 pages)
{
    switch (READ_ONCE(overcommit_mode)) {
    case OVERCOMMIT_ALWAYS:
        return true;
    case OVERCOMMIT_GUESS:
        return pages <= frames_total();
    default:
        return now <= commit_limit();
    }
}

int commit_charge_replacing(u32 pages, u32 checked)
{
    u32 now = (u32)atomic_add(&promised, (int)pages);

    if (!checked || may_promise(now - (pages - checked), checked))
        return 0;
    commit_uncharge(pages);
    return -ENOMEM;
}

int commit_charge(u32 pages)
{
    return commit_charge_replacing(pages, pages);
}

void commit_uncharge(u32 pages)
{
    int left = atomic_add(&promised, -(int)pages);

    assert(left >= 0);
}

bool mm_may_become_data(const struct mm *mm, u32 pages)
{
    const struct memory_limits *limits = current->limits;

    return !limits || mm->data_pages + pages <= READ_ONCE(limits->data_pages);
}

bool mm_may_grow(const struct mm *mm, u32 pages, u32 vm_flags)
{
    const struct memory_limits *limits = current->limits;

    if (!limits)
        return true;
    if (mm->total_pages + pages > READ_ONCE(limits->space_pages))
        return false;
    return !vma_is_data(vm_flags) || mm_may_become_data(mm, pages);
}

bool mm_may_lock(const struct mm *mm, u32 pages)
{
    const struct memory_limits *limits = current->limits;

    return !limits || mm->locked_pages + pages <= READ_ONCE(limits->locked_pages);
}

u32 mm_stack_limit(void)
{
    const struct memory_limits *limits = current->limits;

    return limits ? READ_ONCE(limits->stack_bytes) : STACK_LIMIT;
}

void mm_account(struct mm *mm, u32 vm_flags, int pages)
{
    mm->total_pages += (u32)pages;
    if (vm_flags & VM_LOCKED)
        mm->locked_pages += (u32)pages;
    if (vma_is_data(vm_flags))
        mm->data_pages += (u32)pages;
    mm->peak_pages = MAX(mm->peak_pages, mm->total_pages);
    assert((int)mm->total_pages >= 0 && (int)mm->locked_pages >= 0 && (int)mm->data_pages >= 0);
}
