/*
 * A debugger's access to memory that the program itself may not touch at all. Its entries are hidden from the
 * processor (mm/table/pt_entry.h), and no fault is ever resolved there; so what a fault would do is done
 * here, in its shape: prepare, lock, compare, install.
 *
 *     the entry       read                            written by force (private memory)
 *     empty           zeroes, or the file's page      a zeroed page, or a copy of the file's
 *     hidden          the page (access.c)             the page, if nobody else refers to it; else a copy
 *
 * The copy stays hidden: the program got no right by it (R16). No processor can have a translation of a
 * hidden entry, so nothing has to be flushed. mmap_lock shared keeps the region; beside us another of our
 * kind may install, and madvise(MADV_DONTNEED) take away.
 */
#include "lib/string.h"
#include "mm/space/access.h"
#include "mm/space/mm_private.h"
#include "mm/table/pt_entry.h"

/* What is behind the address: what its entry holds, and the page that a copy is made of, the entry's or the
 * file's, with a reference; NULL: zeroes. */
struct behind {
    pte_t seen;
    struct page *page;
    int error;
};

static struct behind look_behind(const struct piece *piece, const struct vma *vma)
    must_hold_shared(&piece->mm->mmap_lock)
{
    struct behind b = {.seen = ENTRY_EMPTY};
    struct page *table;
    pte_t *slot = pt_lock(piece->mm, piece->addr, &table);

    if (slot) {
        b.seen = pte_read(slot);
        if (!pte_empty(b.seen) && !page_is_zero(entry_page(b.seen))) {
            b.page = entry_page(b.seen);
            page_get(b.page);
        }
        pt_unlock(table);
    }
    if (!pte_empty(b.seen) || !vma->mapping)
        return b;
    u32 index = vma_index(vma, piece->addr & PAGE_MASK);
    if (index < mapping_pages(vma->mapping))
        b.page = mapping_read(vma->mapping, index, &b.error);
    else
        b.error = -EFAULT;
    return b;
}

/* Under the table's lock. Returns the page whose entry this was, for its reference to be put; NULL: none. */
static struct page *exchange_hidden(struct page *table, pte_t *slot, pte_t seen, struct page *copy)
    must_hold(page_ptl(table))
{
    bool empty = pte_empty(seen);
    struct page *old = empty ? NULL : entry_page(entry_take(table, slot));
    bool counted = old && !page_is_zero(old);

    page_map_inc(copy);
    entry_install(table, slot, entry_hide(pte_make(page_pfn(copy), PROT_PTE_USER | PROT_PTE_DIRTY)));
    page_pt_account(table, empty, !counted);
    if (counted)
        page_map_dec(old);
    return counted ? old : NULL;
}

/* Puts the copy where b->seen was. False: it holds something else now, or the file has lost the page. */
static bool install_copy(const struct piece *piece, struct vma *vma, const struct behind *b,
                         struct page *copy) must_hold_shared(&piece->mm->mmap_lock)
{
    struct page *table, *old = NULL;
    pte_t *slot = pt_lock(piece->mm, piece->addr, &table);
    bool same;

    if (!slot)
        return false;
    same = pte_same(pte_read(slot), b->seen) &&
           (!b->page || !pte_empty(b->seen) || page_mapping(b->page) == vma->mapping);
    if (same) {
        WRITE_ONCE(vma->has_private, 1);
        old = exchange_hidden(table, slot, b->seen, copy);
    }
    pt_unlock(table);
    if (old)
        page_put(old);
    return same;
}

static enum look copy_hidden(const struct piece *piece, struct vma *vma, const struct behind *b)
    must_hold_shared(&piece->mm->mmap_lock)
{
    struct page *copy = page_alloc(b->page ? GFP_USER : GFP_USER | GFP_ZERO);

    if (!copy || pt_ensure(piece->mm, piece->addr)) {
        if (copy)
            page_put(copy);
        return LOOK_REFUSED;
    }
    if (b->page)
        page_copy(copy, b->page);
    if (!install_copy(piece, vma, b, copy))
        page_put(copy);
    return LOOK_AGAIN;
}

enum look access_without_rights(const struct piece *piece, struct vma *vma)
{
    enum look result = LOOK_COPIED;
    struct behind b = look_behind(piece, vma);

    if (b.error)
        return LOOK_REFUSED;
    if (piece->write)
        result = copy_hidden(piece, vma, &b);
    else if (b.page)
        access_move_bytes(piece, b.page);
    else
        memset(piece->buffer, 0, piece->n);
    if (b.page)
        page_put(b.page);
    return result;
}
