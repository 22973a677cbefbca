/*
 * A debugger's access to memory that the program itself may not touch at all. Its entries are hidden from the
 * processor (mm/table/pt_entry.h), and no fault is ever resolved there; so what a fault would do is done
 * here, in its shape: prepare, lock, compare, install.
 *
 *     the entry       read                            written by force (private memory)
 *     empty           zeroes, or the file's page      a zeroed page, or a copy of the file's
 *     hidden          the page (access.c)             the page, if nobody else refers to it; else a copy of
 * it
 *
 * The copy stays hidden: the program got no right by it (R16). No processor can have a translation of a
 * hidden entry, so nothing has to be flushed. mmap_lock shared keeps the region; beside us another of our
 * kind may install, and madvise(MADV_DONTNEED) take away.
 */
#include "lib/string.h"
#include "mm/space/access.h"
#include "mm/space/mm_private.h"
#include "mm/table/pt_entry.h"

/* What a copy is made of: the page behind the entry, or of the file, with a reference; NULL: zeroes. *seen:
 * the entry. */
static struct page *find_source(const struct piece *piece, const struct vma *vma, pte_t *seen, int *error)
{
    struct page *table, *source = NULL;
    pte_t *slot = pt_lock(piece->mm, piece->addr, &table);

    *error = 0;
    *seen = ENTRY_EMPTY;
    if (slot) {
        *seen = pte_read(slot);
        if (!pte_empty(*seen) && !page_is_zero(entry_page(*seen))) {
            source = entry_page(*seen);
            page_get(source);
        }
        pt_unlock(table);
    }
    if (!pte_empty(*seen) || !vma->mapping)
        return source;
    u32 index = vma_index(vma, piece->addr & PAGE_MASK);
    if (index < mapping_pages(vma->mapping))
        return mapping_read(vma->mapping, index, error);
    *error = -EFAULT;
    return NULL;
}

/* Puts the copy where `seen` was. False: it holds something else now, or the file has lost the page. */
static bool install_copy(const struct piece *piece, struct vma *vma, pte_t seen, struct page *copy,
                         struct page *source) must_hold_shared(&piece->mm->mmap_lock)
{
    struct page *table, *old = NULL;
    pte_t *slot = pt_lock(piece->mm, piece->addr, &table);
    bool same = pte_same(pte_read(slot), seen);

    if (same && source && pte_empty(seen))
        same = page_mapping(source) == vma->mapping;
    if (same) {
        if (!pte_empty(seen))
            old = entry_page(entry_take(table, slot));
        bool counted = old && !page_is_zero(old);
        page_map_inc(copy);
        entry_install(table, slot, entry_hide(pte_make(page_pfn(copy), PROT_PTE_USER | PROT_PTE_DIRTY)));
        page_pt_account(table, !old, !counted);
        WRITE_ONCE(vma->has_private, 1);
        if (counted)
            page_map_dec(old);
        else
            old = NULL;
    }
    pt_unlock(table);
    if (old)
        page_put(old);
    return same;
}

static enum look copy_hidden(const struct piece *piece, struct vma *vma, pte_t seen, struct page *source)
    must_hold_shared(&piece->mm->mmap_lock)
{
    struct page *copy = page_alloc(source ? GFP_USER : GFP_USER | GFP_ZERO);

    if (!copy || pt_ensure(piece->mm, piece->addr)) {
        if (copy)
            page_put(copy);
        return LOOK_REFUSED;
    }
    if (source)
        page_copy(copy, source);
    if (!install_copy(piece, vma, seen, copy, source))
        page_put(copy);
    return LOOK_AGAIN;
}

enum look access_without_rights(const struct piece *piece, struct vma *vma)
{
    enum look result = LOOK_COPIED;
    int error;
    pte_t seen;
    struct page *source = find_source(piece, vma, &seen, &error);

    if (error)
        return LOOK_REFUSED;
    if (piece->write)
        result = copy_hidden(piece, vma, seen, source);
    else if (source)
        access_move_bytes(piece, source);
    else
        memset(piece->buffer, 0, piece->n);
    if (source)
        page_put(source);
    return result;
}
