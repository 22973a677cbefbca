/*
 * Who maps a file: the list of its regions, by which pages that leave the file, or are to be written back,
 * are found in page tables.
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
#include "diag/race.h"
#include "mm/space/mm_private.h"
#include "mm/table/pt_write.h"

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

/* What is to be done in each space. */
struct file_part {
    struct mapping *mapping;
    u32 first, end;
    bool copies_too;
};

static void unmap_from_space(struct mm *mm, const struct file_part *part) must_hold_shared(&mm->mmap_lock)
{
    struct gather g;
    vaddr_t from, to;

    mm_note_peak(mm);
    gather_begin(&g, mm);
    g.only = part->copies_too ? GATHER_ALL : GATHER_REMOVED;
    for (struct vma *vma = vma_find_above(mm, 0); vma; vma = vma_next(vma)) {
        if (vma->mapping != part->mapping)
            continue;
        if (region_part(vma, part->first, part->end, &from, &to))
            pt_zap_pages(mm, from, to, &g);
        vma->visited = part->mapping->walks;
    }
    gather_end(&g);
}

static void protect_in_space(struct mm *mm, const struct file_part *part) must_hold_shared(&mm->mmap_lock)
{
    vaddr_t from, to;

    for (struct vma *vma = vma_find_above(mm, 0); vma; vma = vma_next(vma)) {
        if (vma->mapping != part->mapping)
            continue;
        vma->visited = part->mapping->walks;
        if (!(vma->flags & VM_SHARED) || !region_part(vma, part->first, part->end, &from, &to) ||
            !pt_clean(mm, from, to))
            continue;
        race_point(R47); /* read-only here, writable in the TLBs: what is written back now is not all */
        shootdown_range(mm, from, to);
    }
    flush_debt_none();
}

/* Calls fn for every space that has a region of the file, its mmap_lock held shared. */
static void each_space(const struct file_part *part, void (*fn)(struct mm *, const struct file_part *))
{
    struct mapping *mapping = part->mapping;
    struct mm *mm;
    u32 walk;

    spin_lock(&mapping->lock);
    walk = ++mapping->walks;
    spin_unlock(&mapping->lock);
    memory_barrier(); /* what the caller did to the file comes before any directory is read */
    while ((mm = next_space(mapping, walk))) {
        rwsem_read_lock(&mm->mmap_lock);
        fn(mm, part);
        rwsem_read_unlock(&mm->mmap_lock);
        mm_put_user(mm);
    }
}

void mapping_remove(struct mapping *mapping, u32 first, u32 end, bool copies_too)
{
    struct file_part part = {mapping, first, end, copies_too};

    might_sleep();
    mapping_drop_range(mapping, first, end);
    each_space(&part, unmap_from_space);
}

void mapping_write_protect(struct mapping *mapping, u32 first, u32 end)
{
    struct file_part part = {mapping, first, end, false};

    might_sleep();
    each_space(&part, protect_in_space);
}
