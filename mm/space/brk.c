/* brk(2) as the Linux call has it: returns the break, unchanged when the request cannot be met. */
#include "mm/space/commit.h"
#include "mm/space/mm_private.h"

/* Anonymous memory [from, to) joins the heap. False when it is not free or there is no memory. */
static bool brk_grow(struct mm *mm, vaddr_t from, vaddr_t to) must_hold(&mm->mmap_lock)
{
    u32 flags = VM_READ | VM_WRITE | VM_MAYWRITE | VM_ACCOUNT | mm->def_flags;
    u32 pages = (to - from) >> PAGE_SHIFT;
    struct vma *vma;

    if (!vma_range_is_free(mm, from, to) || mm->vma_count >= VMA_LIMIT || !mm_may_grow(mm, pages, flags) ||
        ((flags & VM_LOCKED) && !mm_may_lock(mm, pages)) || commit_charge(pages))
        return false;
    vma = vma_alloc(mm);
    if (!vma) {
        commit_uncharge(pages);
        return false;
    }
    vma->start = from;
    vma->end = to;
    vma->flags = flags;
    vma->pgoff = from >> PAGE_SHIFT;
    vma->name = "[heap]";
    vma_adopt(mm, vma);
    return true;
}

static bool brk_set(struct mm *mm, vaddr_t new_brk) must_hold(&mm->mmap_lock)
{
    vaddr_t old_end = ALIGN_UP(mm->brk, PAGE_SIZE), new_end;

    if (new_brk < mm->brk_start || new_brk > USER_END)
        return false;
    new_end = ALIGN_UP(new_brk, PAGE_SIZE);
    if (new_end > old_end)
        return brk_grow(mm, old_end, new_end);
    return new_end == old_end || munmap_locked(mm, new_end, old_end) == 0;
}

vaddr_t mm_brk(struct mm *mm, vaddr_t new_brk)
{
    vaddr_t old_brk, now;
    bool locked;

    might_sleep();
    rwsem_write_lock(&mm->mmap_lock);
    old_brk = mm->brk;
    if (brk_set(mm, new_brk))
        mm->brk = new_brk;
    now = mm->brk;
    locked = (mm->def_flags & (VM_LOCKED | VM_ONFAULT)) == VM_LOCKED;
    rwsem_write_unlock(&mm->mmap_lock);
    if (locked && now > old_brk)
        (void)mm_populate(mm, ALIGN_UP(old_brk, PAGE_SIZE),
                          ALIGN_UP(now, PAGE_SIZE) - ALIGN_UP(old_brk, PAGE_SIZE), true);
    return now;
}
