/* mincore(2). The answer is collected under mmap_lock and copied out with nothing held: the copy may fault,
 * and would then take the same lock again, behind any writer that came between (R34). */
#include "arch/user.h"
#include "mm/space/mm_private.h"
#include "mm/table/pt_entry.h"

#define MINCORE_BATCH 256u

/* Whether the page is in memory: mapped here, or in the file's cache. */
static u8 page_is_in_core(struct mm *mm, const struct vma *vma, vaddr_t addr) must_hold_shared(&mm->mmap_lock)
{
    struct page *page;
    bool in_core;

    if (!pte_empty(pt_peek(mm, addr)))
        return 1;
    if (!vma->mapping)
        return 0;
    page = mapping_find(vma->mapping, vma_index(vma, addr));
    if (!page)
        return 0;
    in_core = page_bit_test(page, PAGE_UPTODATE);
    page_put(page);
    return in_core;
}

static int mincore_fill(struct mm *mm, vaddr_t start, u32 pages, u8 *answer) must_hold_shared(&mm->mmap_lock)
{
    struct vma *vma = vma_find(mm, start);

    for (u32 i = 0; i < pages; i++) {
        vaddr_t addr = start + (i << PAGE_SHIFT);
        if (vma && addr >= vma->end)
            vma = vma_next(vma);
        if (!vma || addr < vma->start)
            return -ENOMEM;
        answer[i] = page_is_in_core(mm, vma, addr);
    }
    return 0;
}

static int mincore_batch(struct mm *mm, vaddr_t start, u32 pages, vaddr_t user_vec)
{
    u8 answer[MINCORE_BATCH];
    int error;

    if (rwsem_read_lock_killable(&mm->mmap_lock))
        return -EINTR;
    error = mincore_fill(mm, start, pages, answer);
    if (mutant(R34) && !error)
        error = copy_to_user(user_vec, answer, pages);
    rwsem_read_unlock(&mm->mmap_lock);
    return error || mutant(R34) ? error : copy_to_user(user_vec, answer, pages);
}

int mm_mincore(struct mm *mm, vaddr_t start, u32 length, vaddr_t user_vec)
{
    vaddr_t end;
    int error = user_range(start, length, &end);

    might_sleep();
    for (vaddr_t addr = start; !error && addr < end;) {
        u32 pages = MIN((end - addr) >> PAGE_SHIFT, MINCORE_BATCH);
        error = mincore_batch(mm, addr, pages, user_vec);
        addr += pages << PAGE_SHIFT;
        user_vec += pages;
    }
    return error;
}
