/* A frame that is a page table: its lock, what it counts, and the list of its space's tables. */
#include "diag/assert.h"
#include "mm/frame/page_private.h"

static struct lock_class page_table_class = {
    .name = "page_table", .rank = RANK_PT, .file = __FILE__, .line = __LINE__};

void page_become_table(struct page *page, struct mm *mm, vaddr_t base, struct spinlock *lock)
{
    page->pt_mm = mm;
    page->pt_base = base;
    if (!lock)
        spinlock_init_class(&page->ptl, &page_table_class);
    page->pt_guard = lock ? lock : &page->ptl;
    page->pt_count = page->pt_resident = 0;
}

void page_leave_table(struct page *page)
{
    page->pt_mm = NULL;
}

struct spinlock *page_ptl(struct page *page)
{
    return page->pt_guard;
}

int page_pt_account(struct page *page, int entries, int pages)
{
    spin_assert_held(page->pt_guard);
    WRITE_ONCE(page->pt_count, (u16)(page->pt_count + entries));     /* page_pt_entries() looks on */
    WRITE_ONCE(page->pt_resident, (u16)(page->pt_resident + pages)); /* who adds up holds no lock of ours */
    assert(page->pt_count <= PTES && page->pt_resident <= page->pt_count); /* also catches one below zero */
    return page->pt_count;
}

inline void page_pt_count(struct page *page, bool resident)
{
    WRITE_ONCE(page->pt_count, (u16)(page->pt_count + 1));
    if (resident)
        WRITE_ONCE(page->pt_resident, (u16)(page->pt_resident + 1));
    assert(page->pt_count <= PTES && page->pt_resident <= page->pt_count);
}

int page_pt_entries(const struct page *page)
{
    return READ_ONCE(page->pt_count);
}

struct mm *page_pt_mm(const struct page *page)
{
    return page->pt_mm;
}

vaddr_t page_pt_base(const struct page *page)
{
    return page->pt_base;
}

u32 page_pt_resident(const struct page *page)
{
    return READ_ONCE(page->pt_resident);
}

/* ---- the tables of one space ---- */

void page_tables_add(struct page **tables, struct page *page)
{
    struct page *first = *tables;

    page->pt_next = first;
    page->pt_link = tables;
    if (first)
        first->pt_link = &page->pt_next;
    store_release(tables, page); /* somebody may be adding up: complete before it is found */
}

void page_tables_remove(struct page *page)
{
    *page->pt_link = page->pt_next;
    if (page->pt_next)
        page->pt_next->pt_link = page->pt_link;
}

u32 page_tables_resident(struct page *const *tables)
{
    u32 pages = 0;

    for (const struct page *table = load_acquire(tables); table; table = table->pt_next)
        pages += page_pt_resident(table);
    return pages;
}
