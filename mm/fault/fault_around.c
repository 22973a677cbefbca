/*
 * A read of a file page maps its cached neighbours with it: programs are read in order, and one look-up in
 * the tree, one lock and one recheck serve them all. Only what lies in the same region and the same page
 * table, and only what is there already: nothing is read, nothing is waited for.
 */
#include "diag/bootwords.h"
#include "mm/fault/fault_private.h"
#include "mm/space/mm_private.h"

#define AROUND_MAX 32u
static u32 around_pages = 16;
BOOT_NUMBER(faultaround, "pages mapped by one read fault in a file, 1 to 32; a power of two", &around_pages);

struct around {
    vaddr_t start;
    u32 count;
    u32 wanted; /* position of the page that the fault is for */
};

static struct around around_window(const struct fault *f)
{
    u32 pages = MIN(around_pages, AROUND_MAX);
    u32 size = pages > 1 ? PAGE_SIZE << (31 - __builtin_clz(pages)) : PAGE_SIZE;
    vaddr_t start = ALIGN_DOWN(f->address, size); /* an aligned block never leaves its page table */
    vaddr_t end = MIN(start + size, f->vma->end);

    start = MAX(start, f->vma->start);
    return (struct around){start, (end - start) >> PAGE_SHIFT, (f->address - start) >> PAGE_SHIFT};
}

/* Under the table's lock: fills the empty entries of the window; takes over the references of the pages it
 * maps. */
static void around_install(struct fault *f, const struct around *w, struct page **pages,
                           const struct mapping *mapping) must_hold(page_ptl(f->table))
{
    pte_t *first = f->slot - w->wanted;
    int mapped = 0;

    for (u32 i = 0; i < w->count; i++) {
        if (!pages[i] || !pte_empty(pte_read(first + i)))
            continue;
        if (page_mapping(pages[i]) != mapping && !mutant(R40)) /* left the file, like the wanted one may */
            continue;
        page_map_inc(pages[i]);
        entry_install(f->table, first + i, pte_make(page_pfn(pages[i]), PROT_PTE_USER));
        pages[i] = NULL;
        mapped++;
    }
    page_pt_account(f->table, mapped, mapped);
    trace_fault_phase(f->number, install, f->address, mapped);
}

noinline bool fault_around(struct fault *f, u32 index)
{
    struct around w = around_window(f);
    struct page *pages[AROUND_MAX];
    struct mapping *mapping = f->vma->mapping;
    u32 found;
    bool cached;

    found = mapping_find_run(mapping, index - w.wanted, w.count, pages);
    cached = pages[w.wanted] != NULL;
    if (cached) {
        race_point(R01); /* another CPU may map any of them first */
        if (fault_relock_file(f, pages[w.wanted], index)) {
            around_install(f, &w, pages, mapping);
            count_event(pgfault_file);
            fault_unlock(f);
        }
    }
    for (u32 i = 0; found && i < w.count; i++)
        if (pages[i])
            page_put(pages[i]);
    return cached;
}
