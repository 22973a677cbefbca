/* S31: what the kernel believes of its page tables, held against the tables themselves. */
#include "arch/pgtable.h"
#include "mm/space/mm.h"
#include "mm/table/pt.h"
#include "mm/table/pt_entry.h"
#include "tests/scenario.h"

/* Through the frame and not through a handle: in the explorer a handle is a choice point, and a thousand of
 * them in every scenario would drown the schedule. Nobody else runs in the address space, so nobody has to
 * watch these looks either. */
static unwatched void count_entries(struct page *table, u32 *entries, u32 *pages)
{
    const u32 *word = page_map(table);

    *entries = *pages = 0;
    for (u32 i = 0; i < PTES; i++) {
        *entries += word[i] != 0;
        *pages += word[i] != 0 && !page_is_zero(entry_page((pte_t){word[i]}));
    }
    page_unmap(word);
}

static void check_table(struct page *table, u32 pde)
{
    u32 found, pages, resident = page_pt_resident(table);

    spin_lock(page_ptl(table));
    u32 counted = (u32)page_pt_account(table, 0, 0);
    spin_unlock(page_ptl(table));
    count_entries(table, &found, &pages);
    if (counted != found || resident != pages)
        test_fail(__FILE__, __LINE__,
                  "S31: page table %u is said to hold %u entries, %u resident pages, and holds %u and %u",
                  pde, counted, resident, found, pages);
}

/* The first directory entry of user space from here on that has a table. */
static unwatched u32 next_table(const struct mm *mm, u32 pde)
{
    while (pde < pde_index(USER_END) && !mm->space.dir[pde].v)
        pde++;
    return pde;
}

void scene_check_tables(struct mm *mm)
{
    u32 tables = 0;

    for (u32 pde = 0; (pde = next_table(mm, pde)) < pde_index(USER_END); pde++) {
        struct page *table = pt_table(mm, pde << PDE_SHIFT);
        check_table(table, pde);
        tables++;
    }
    check_eq(mm->pt_count, tables);
}
