/*
 * Looking at a space without changing it. The zero page is in nobody's sums: it is not memory of the
 * program's (R56), as rss has it too.
 */
#include "mm/space/measure.h"
#include "lib/string.h"
#include "mm/space/mm_private.h"
#include "mm/table/pt_entry.h"

#define PAGEMAP_EXCLUSIVE (1ull << 56)
#define PAGEMAP_FILE      (1ull << 61) /* or shared anonymous */
#define PAGEMAP_PRESENT   (1ull << 63)

static bool entry_is_young(pte_t entry)
{
    return entry_hidden(entry) ? pte_software_payload(entry) & HIDDEN_YOUNG : pte_young(entry);
}

static void measure_entry(pte_t entry, struct page_sums *sums)
{
    struct page *page = entry_page(entry);
    u32 mapped = (u32)page_map_count(page);
    bool dirty = entry_dirty(entry) || page_bit_test(page, PAGE_DIRTY);

    sums->resident++;
    sums->anon += !page_mapping(page);
    sums->referenced += entry_is_young(entry);
    sums->lazy += entry_is_lazy(entry);
    sums->pss += PAGE_SIZE / MAX(mapped, 1u);
    if (mapped > 1)
        *(dirty ? &sums->shared_dirty : &sums->shared_clean) += 1;
    else
        *(dirty ? &sums->private_dirty : &sums->private_clean) += 1;
}

void vma_measure(struct mm *mm, const struct vma *vma, struct page_sums *sums)
{
    for (vaddr_t addr = pt_first(mm, vma->start, vma->end), stop; addr < vma->end;
         addr = pt_first(mm, stop, vma->end)) {
        struct page *table;
        pte_t *slot = pt_lock(mm, addr, &table);

        stop = pt_stop(addr, vma->end);
        if (!slot)
            continue;
        for (; addr < stop; addr += PAGE_SIZE, slot++) {
            pte_t entry = pte_read(slot);
            if (!pte_empty(entry) && !page_is_zero(entry_page(entry)))
                measure_entry(entry, sums);
        }
        pt_unlock(table);
    }
}

static bool is_text(const struct mm *mm, const struct vma *vma)
{
    return vma->mapping && vma->mapping == mm->exe && (vma->flags & VM_EXEC);
}

void mm_measure(struct mm *mm, struct space_sums *sums)
{
    memset(sums, 0, sizeof *sums);
    rwsem_read_lock(&mm->mmap_lock);
    for (struct vma *vma = vma_find_above(mm, 0); vma; vma = vma_next(vma)) {
        struct page_sums pages = {0};
        vma_measure(mm, vma, &pages);
        sums->resident += pages.resident;
        sums->anon += pages.anon;
        if (vma->mapping && mapping_is_shmem(vma->mapping))
            sums->shmem += pages.resident - pages.anon;
        if (vma->flags & VM_GROWSDOWN)
            sums->stack += vma_pages(vma);
        if (is_text(mm, vma))
            sums->text += vma_pages(vma);
    }
    rwsem_read_unlock(&mm->mmap_lock);
    sums->peak_resident = MAX(mm_peak_resident(mm), sums->resident);
}

static u64 pagemap_entry(struct mm *mm, vaddr_t addr) must_hold_shared(&mm->mmap_lock)
{
    struct page *table;
    pte_t *slot = pt_lock(mm, addr, &table);
    u64 result = 0;

    if (!slot)
        return 0;
    pte_t entry = pte_read(slot);
    if (!pte_empty(entry)) {
        struct page *page = entry_page(entry);
        result = PAGEMAP_PRESENT | page_pfn(page);
        result |= page_mapping(page) ? PAGEMAP_FILE : 0;
        result |= page_map_count(page) == 1 ? PAGEMAP_EXCLUSIVE : 0;
    }
    pt_unlock(table);
    return result;
}

int mm_pagemap(struct mm *mm, u32 first, u32 n, u64 *entries)
{
    if (rwsem_read_lock_killable(&mm->mmap_lock))
        return -EINTR;
    for (u32 i = 0; i < n; i++)
        entries[i] = pagemap_entry(mm, (first + i) << PAGE_SHIFT);
    rwsem_read_unlock(&mm->mmap_lock);
    return 0;
}
