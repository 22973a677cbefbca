/* S31: what the kernel believes of its page tables, held against the tables themselves. */
#include "arch/pgtable.h"
#include "mm/space/mm.h"
#include "mm/table/pt.h"
#include "tests/scenario.h"

/* Through the frame and not through a handle: in the explorer a handle is a choice point, and a thousand of
 * them in every scenario would drown the schedule. Nobody else runs in the address space. */
static u32 entries_in(struct page *table)
{
    const u32 *word = page_map(table);
    u32 n = 0;

    for (u32 i = 0; i < PTES; i++)
        n += word[i] != 0;
    page_unmap(word);
    return n;
}

static void check_table(struct page *table, u32 pde)
{
    spin_lock(page_ptl(table));
    u32 counted = (u32)page_pt_count_add(table, 0);
    spin_unlock(page_ptl(table));
    u32 found = entries_in(table);

    if (counted != found)
        test_fail(__FILE__, __LINE__, "S31: page table %u is said to hold %u entries and holds %u", pde,
                  counted, found);
}

void scene_check_tables(struct mm *mm)
{
    u32 tables = 0;

    for (u32 pde = 0; pde < pde_index(USER_END); pde++) {
        struct page *table = pt_table(mm, pde << PDE_SHIFT);
        if (!table)
            continue;
        check_table(table, pde);
        tables++;
    }
    check_eq(mm->pt_count, tables);
}
