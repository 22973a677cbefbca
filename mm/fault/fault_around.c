/*
 * A read of a file page maps its cached neighbours with it: programs are read in order, and one look-up in
 * the tree, one lock and one recheck serve them all. Only what lies in the same region and the same page
 * table, and only what is there already: nothing is read, nothing is waited for.
 */
#include "diag/bootwords.h"
#include "mm/fault/fault_private.h"
#include "mm/space/mm_private.h"

static u32 around_pages = 16;
BOOT_NUMBER(faultaround, "pages mapped by one read fault in a file, 1 to 32; a power of two", &around_pages);

void around_find(const struct fault *f, u32 index, struct around *around)
{
    u32 pages = MIN(around_pages, AROUND_MAX);
    u32 size = pages > 1 ? PAGE_SIZE << (31 - __builtin_clz(pages)) : PAGE_SIZE;
    vaddr_t start = ALIGN_DOWN(f->address, size); /* an aligned block never leaves its page table */
    vaddr_t end = MIN(start + size, f->vma->end);

    around->start = start = MAX(start, f->vma->start);
    around->count = (end - start) >> PAGE_SHIFT;
    around->wanted = (f->address - start) >> PAGE_SHIFT;
    mapping_find_run(f->vma->mapping, index - around->wanted, around->count, around->pages);
}

/* Under the table's lock: fills the empty entries of the window; takes over the references of the pages it
 * maps. True when that was all of them. */
static bool around_install(struct fault *f, struct around *around) must_hold(page_ptl(f->table))
{
    struct page **pages = around->pages;
    const struct mapping *mapping = f->vma->mapping;
    pte_t *first = f->slot - around->wanted;
    u32 mapped = 0;

    for (u32 i = 0; i < around->count; i++) {
        if (!pages[i] || !pte_empty(pte_read(first + i)))
            continue;
        if (page_mapping(pages[i]) != mapping && !mutant(R40)) /* left the file, like the wanted one may */
            continue;
        page_map_inc(pages[i]);
        entry_install(f->table, first + i, pte_make(page_pfn(pages[i]), PROT_PTE_USER));
        pages[i] = NULL;
        mapped++;
    }
    page_pt_account(f->table, (int)mapped, (int)mapped);
    fault_phase(f, install, mapped);
    return mapped == around->count;
}

void around_forget(struct around *around)
{
    for (u32 i = 0; i < around->count; i++)
        if (around->pages[i])
            page_put(around->pages[i]);
}

noinline enum fault_result around_map(struct fault *f, u32 index, struct around *around)
{
    enum fault_result result;
    bool all = false;

    race_point(R01); /* another CPU may map any of them first */
    if (fault_relock_file(f, around->pages[around->wanted], index, &result)) {
        all = around_install(f, around);
        count_event(pgfault_file);
        fault_unlock(f);
    }
    if (!all)
        around_forget(around);
    return result;
}
