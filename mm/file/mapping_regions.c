/*
 * Who maps a file: the list of its regions, by which pages that leave the file are found in page tables.
 *
 * Truncation against a fault (R40). The order on the left leaves the fault on the right no gap:
 *
 *     the file's size shrinks                    fault: size allows it, page found, referenced
 *     pages leave the cache (page->mapping)
 *     for each space: its page-table locks,      fault: under its page table's lock: does the page still
 *       entries beyond are taken out                    belong to the file, does the size still reach it?
 *
 * If the fault had its lock first, the walk finds the entry; if later, the fault sees what came before the
 * walk.
 *
 * The list is walked one space at a time: a region's space is kept by a user reference, the list's lock is
 * let go, and mmap_lock of that space taken shared: so every region that it holds of the file is whole.
 * Regions that come meanwhile cannot fault beyond the end, and what fork or mremap copy of a region not yet
 * visited carries its mark and is visited itself.
 */
#include "diag/assert.h"
#include "mm/space/mm_private.h"

void mapping_add_region(struct vma *vma)
{
    struct mapping *mapping = vma->mapping;

    if (!mapping)
        return;
    spin_lock(&mapping->lock);
    list_push_back(&mapping->regions, &vma->mapped);
    spin_unlock(&mapping->lock);
}

void mapping_remove_region(struct vma *vma)
{
    struct mapping *mapping = vma->mapping;

    if (!mapping)
        return;
    spin_lock(&mapping->lock);
    list_remove(&vma->mapped);
    spin_unlock(&mapping->lock);
}

bool mapping_is_mapped(struct mapping *mapping, u32 flags)
{
    bool found = false;
    struct vma *vma;

    spin_lock(&mapping->lock);
    list_for_each (vma, &mapping->regions, mapped) {
        found |= (READ_ONCE(vma->flags) & flags) == flags;
    }
    spin_unlock(&mapping->lock);
    return found;
}

/* A space with a region that this walk has not visited, kept by a user reference; NULL: that was all. */
static struct mm *next_space(struct mapping *mapping, u32 walk)
{
    struct mm *mm = NULL;
    struct vma *vma;

    spin_lock(&mapping->lock);
    list_for_each (vma, &mapping->regions, mapped) {
        if (vma->visited == walk)
            continue;
        if (atomic_inc_unless_zero(&vma->mm->users)) {
            mm = vma->mm;
            break;
        }
        vma->visited = walk; /* being taken down, all of it */
    }
    spin_unlock(&mapping->lock);
    return mm;
}

/* What of [first, end) the region shows. False: nothing. */
static bool region_part(const struct vma *vma, u32 first, u32 end, vaddr_t *from, vaddr_t *to)
{
    u32 low = MAX(first, vma->pgoff), high = MIN(end, vma->pgoff + vma_pages(vma));

    if (low >= high)
        return false;
    *from = vma->start + ((low - vma->pgoff) << PAGE_SHIFT);
    *to = vma->start + ((high - vma->pgoff) << PAGE_SHIFT);
    return true;
}

static void unmap_from_space(struct mm *mm, struct mapping *mapping, u32 first, u32 end, bool copies_too)
{
    struct gather g;
    vaddr_t from, to;

    rwsem_read_lock(&mm->mmap_lock);
    gather_begin(&g, mm);
    g.only_removed = !copies_too;
    for (struct vma *vma = vma_find_above(mm, 0); vma; vma = vma_next(vma)) {
        if (vma->mapping != mapping)
            continue;
        if (region_part(vma, first, end, &from, &to))
            pt_zap_pages(mm, from, to, &g);
        vma->visited = mapping->walks;
    }
    gather_end(&g);
    rwsem_read_unlock(&mm->mmap_lock);
}

void mapping_remove(struct mapping *mapping, u32 first, u32 end, bool copies_too)
{
    struct mm *mm;
    u32 walk;

    might_sleep();
    mapping_drop_range(mapping, first, end);
    spin_lock(&mapping->lock);
    walk = ++mapping->walks;
    spin_unlock(&mapping->lock);
    memory_barrier(); /* size and pages are changed before any directory is read */
    while ((mm = next_space(mapping, walk))) {
        unmap_from_space(mm, mapping, first, end, copies_too);
        mm_put_user(mm);
    }
}
