/*
 * Providing a page: into the entry of private memory, or into the file that is shared. The handler may be
 * another program, so the entry is not written by a fault but here, in a fault's shape: prepare, lock,
 * compare, install. mmap_lock shared keeps the region; the page table's lock, or the file's, decides between
 * two that provide one page, and between us and a truncation (R40).
 */
#include "diag/assert.h"
#include "mm/fault/userfault_private.h"
#include "mm/space/mm_private.h"
#include "mm/table/pt_entry.h"

/* Under the table's lock, into an empty entry. */
static void install(struct page *table, pte_t *slot, struct vma *vma, struct page *page)
    must_hold(page_ptl(table))
{
    bool counted = !page_is_zero(page);
    pte_t entry = pte_make(page_pfn(page), counted ? entry_prot(vma->flags, true) : PROT_PTE_USER);

    if (counted) {
        WRITE_ONCE(vma->has_private, 1);
        page_get(page);
        page_map_inc(page);
    }
    page_pt_account(table, 1, counted);
    entry_install(table, slot, vma_accessible(vma->flags) ? entry : entry_hide(entry));
}

static int fill_entry(struct mm *mm, struct vma *vma, vaddr_t addr, struct page *page)
    must_hold_shared(&mm->mmap_lock)
{
    struct page *table;
    pte_t *slot;
    int error = 0;

    if (pt_ensure(mm, addr))
        return -ENOMEM;
    slot = pt_lock(mm, addr, &table);
    if (!slot)
        bug("a page table goes while mmap_lock is held");
    if (!pte_empty(pte_read(slot)))
        error = -EEXIST;
    else if (vma->mapping && vma_index(vma, addr) >= mapping_pages(vma->mapping))
        error = -EFAULT; /* asked under this lock: a truncation that has been here changed the size before */
    else
        install(table, slot, vma, page);
    pt_unlock(table);
    return error;
}

static int fill_region(struct mm *mm, struct vma *vma, vaddr_t addr, struct page *page)
    must_hold_shared(&mm->mmap_lock)
{
    if (vma->flags & VM_SHARED)
        return mapping_provide(vma->mapping, vma_index(vma, addr), page);
    return fill_entry(mm, vma, addr, page);
}

/* Nobody writes the page of all zeroes into a file, or where a file's page could be. */
static int fill_zeroes(struct mm *mm, struct vma *vma, vaddr_t addr) must_hold_shared(&mm->mmap_lock)
{
    struct page *page;
    int error;

    if (!vma->mapping)
        return fill_entry(mm, vma, addr, zero_page);
    page = page_alloc(GFP_USER | GFP_ZERO);
    if (!page)
        return -ENOMEM;
    error = fill_region(mm, vma, addr, page);
    page_put(page);
    return error;
}

/* The space with mmap_lock shared; -ESRCH when its contents are gone, -EINTR. */
static int enter_space(struct mm *mm) try_acquires_shared(0, &mm->mmap_lock);
static lock_implementation int enter_space(struct mm *mm)
{
    if (!mm_visit_begin(mm))
        return -ESRCH;
    if (!rwsem_read_lock_killable(&mm->mmap_lock))
        return 0;
    mm_visit_end(mm);
    return -EINTR;
}

static void leave_space(struct mm *mm) releases_shared(&mm->mmap_lock);
static lock_implementation void leave_space(struct mm *mm)
{
    rwsem_read_unlock(&mm->mmap_lock);
    mm_visit_end(mm);
}

/* The one region that has all of [start, end) and asks uf, or NULL. */
static struct vma *region_of(struct mm *mm, const struct userfault *uf, vaddr_t start, vaddr_t end)
    must_hold_shared(&mm->mmap_lock)
{
    struct vma *vma = vma_find(mm, start);

    return vma && vma->userfault == uf && end <= vma->end ? vma : NULL;
}

int userfault_covers(struct userfault *uf, vaddr_t start, vaddr_t end)
{
    struct mm *mm = uf->mm;
    int error = enter_space(mm);

    might_sleep();
    if (error)
        return error;
    error = region_of(mm, uf, start, end) ? 0 : -ENOENT;
    leave_space(mm);
    return error;
}

int userfault_fill(struct userfault *uf, vaddr_t addr, struct page *page)
{
    struct mm *mm = uf->mm;
    int error = enter_space(mm);
    struct vma *vma;

    might_sleep();
    if (error)
        return error;
    vma = region_of(mm, uf, addr, addr + PAGE_SIZE);
    if (!vma)
        error = -ENOENT;
    else
        error = page ? fill_region(mm, vma, addr, page) : fill_zeroes(mm, vma, addr);
    leave_space(mm);
    if (!error)
        userfault_count_answer(uf); /* after the page is there (userfault.c) */
    return error;
}
