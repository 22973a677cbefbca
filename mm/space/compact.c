/*
 * See mm/space/compact.h. One page goes as mremap's do (mm/table/pt_move.c), its frame instead of its
 * address:
 *
 *     entry taken out -> every CPU flushed -> contents copied -> entry put in, with the new frame
 *
 * From the first step to the last mmap_lock is held exclusive and the region marked as changing, so that no
 * fault fills the gap; a thread that touches the page meanwhile waits in its fault and finds it present.
 * Nothing is copied before the flush, or a store through an old translation would be lost (R25).
 */
#include "mm/space/compact.h"
#include "diag/assert.h"
#include "diag/race.h"
#include "mm/fault/faultlock.h"
#include "mm/frame/frames.h"
#include "mm/kernel/slab.h"
#include "mm/space/mm_private.h"
#include "mm/table/pt_entry.h"

#define BATCH 64u /* one flush for so many */

struct block {
    pfn_t first;
    u32 count, missing;          /* missing: frames that are not ours yet */
    u32 ours[COMPACT_MAX / 32u]; /* a bit a frame */
    struct compaction *what;
};
struct move {
    vaddr_t addr;
    pte_t entry;
    struct page *to;
};
struct batch {
    u32 n, spare_n;
    struct move move[BATCH];
    struct page *spare[BATCH];
};

static bool in_block(const struct block *b, pfn_t pfn)
{
    return pfn - b->first < b->count;
}
static void block_own(struct block *b, pfn_t pfn)
{
    u32 i = pfn - b->first;

    assert(!(b->ours[i / 32] & (1u << (i % 32))));
    b->ours[i / 32] |= 1u << (i % 32);
    b->missing--;
}

/* Mapped once, held by nothing else: only the one entry leads to it, and only under that entry's locks can
 * this change. */
static bool page_can_move(const struct page *page)
{
    return page_refs(page) == 1 && page_map_count(page) == 1 && !page_mapping(page) &&
           !page_bit_test(page, PAGE_RESERVED) && !page_is_locked(page);
}

/* A first look, with no lock: is it worth trying? */
static bool block_is_hopeful(const struct block *b)
{
    for (u32 i = 0; i < b->count; i++) {
        const struct page *page = page_of(b->first + i);
        if (!page || (page_refs(page) != 0 && !page_can_move(page)))
            return false;
    }
    return true;
}

/* First of all the free ones, so that nothing is moved from one end of the block to the other. */
static void claim_free(struct block *b)
{
    for (u32 i = 0; i < b->count; i++) {
        if (page_refs(page_of(b->first + i)) != 0 || !page_claim(b->first + i))
            continue;
        block_own(b, b->first + i);
        b->what->claimed++;
    }
}

/* Frames outside of the block, with no lock held. False: there is not one. */
static bool batch_fill(struct block *b, struct batch *batch)
{
    while (batch->spare_n < BATCH) {
        struct page *page = page_alloc(GFP_USER);
        if (!page)
            break;
        if (in_block(b, page_pfn(page)))
            block_own(b, page_pfn(page)); /* its owner has just let it go: so much the better */
        else
            batch->spare[batch->spare_n++] = page;
    }
    return batch->spare_n > 0;
}

static bool entry_must_move(const struct block *b, pte_t e)
{
    return pte_present(e) && in_block(b, pte_pfn(e)) && (page_can_move(entry_page(e)) || mutant(R56));
}

/* Takes out of the table of addr what is to move, up to `end`. Returns where it stopped. */
static vaddr_t take_out(struct mm *mm, const struct block *b, struct batch *batch, vaddr_t addr, vaddr_t end)
{
    struct page *table;
    pte_t *slot;

    race_point(
        R56); /* the pages looked movable: somebody may take a reference, and only the lock ends that */
    slot = pt_lock(mm, addr, &table);
    assert(slot);
    batch->n = 0;
    for (; addr < end && batch->spare_n > 0; addr += PAGE_SIZE, slot++) {
        if (!entry_must_move(b, pte_read(slot)))
            continue;
        batch->move[batch->n++] =
            (struct move){addr, entry_take(table, slot), batch->spare[--batch->spare_n]};
    }
    page_pt_account(table, -(int)batch->n, -(int)batch->n);
    pt_unlock(table);
    return addr;
}

/* The same rights and the same D at another frame. */
static pte_t entry_at(pte_t e, const struct page *page)
{
    return pte_make(page_pfn(page), PROT_PTE_USER | PROT_PTE_READ | (pte_writable(e) ? PROT_PTE_WRITE : 0) |
                                        (pte_dirty(e) ? PROT_PTE_DIRTY : 0));
}

/* All in one table. The frames that were left are the block's from here on. */
static void put_in(struct mm *mm, struct block *b, const struct batch *batch)
{
    struct page *table;
    vaddr_t first = batch->move[0].addr;
    pte_t *slot = pt_lock(mm, first, &table);

    assert(slot);
    for (u32 i = 0; i < batch->n; i++) {
        const struct move *m = &batch->move[i];
        page_map_inc(m->to);
        page_map_dec(entry_page(m->entry));
        entry_install(table, slot + ((m->addr - first) >> PAGE_SHIFT), entry_at(m->entry, m->to));
    }
    page_pt_account(table, (int)batch->n, (int)batch->n);
    pt_unlock(table);
    for (u32 i = 0; i < batch->n; i++)
        block_own(b, pte_pfn(batch->move[i].entry));
    b->what->moved += batch->n;
}

static void move_batch(struct mm *mm, struct block *b, const struct batch *batch)
{
    if (batch->n == 0)
        return;
    shootdown_range(mm, batch->move[0].addr, batch->move[batch->n - 1].addr + PAGE_SIZE);
    flush_debt_none();
    for (u32 i = 0; i < batch->n; i++)
        page_copy(batch->move[i].to, entry_page(batch->move[i].entry));
    put_in(mm, b, batch);
}

static void empty_region(struct mm *mm, struct vma *vma, struct block *b, struct batch *batch)
    must_hold(&mm->mmap_lock)
{
    vma_change_begin(mm, vma);
    for (vaddr_t addr = pt_first(mm, vma->start, vma->end); addr < vma->end && b->missing > 0;
         addr = pt_first(mm, addr, vma->end)) {
        if (!batch_fill(b, batch))
            break;
        addr = take_out(mm, b, batch, addr, pt_stop(addr, vma->end));
        move_batch(mm, b, batch);
    }
    vma_change_end(mm, vma);
}

static void empty_space(struct mm *mm, struct block *b, struct batch *batch)
{
    rwsem_write_lock(&mm->mmap_lock);
    for (struct vma *vma = vma_find_above(mm, 0); vma && b->missing > 0; vma = vma_next(vma))
        if (!(vma->flags & VM_SHARED))
            empty_region(mm, vma, b, batch);
    rwsem_write_unlock(&mm->mmap_lock);
}

/* Every address space, each held by a user's reference while it is looked at. */
static void empty_spaces(struct block *b)
{
    struct batch *batch = kmalloc(sizeof *batch, GFP_KERNEL);

    if (!batch)
        return;
    batch->n = batch->spare_n = 0;
    for (struct mm *mm = mm_next_user(NULL); mm; mm = mm_next_user(mm)) {
        if (b->missing > 0)
            empty_space(mm, b, batch);
    }
    while (batch->spare_n > 0)
        page_put(batch->spare[--batch->spare_n]);
    kfree(batch);
}

static void give_up(const struct block *b)
{
    for (u32 i = 0; i < b->count; i++)
        if (b->ours[i / 32] & (1u << (i % 32)))
            page_put(page_of(b->first + i));
}

/* True when all of the block is ours. */
static bool empty_block(struct block *b)
{
    if (!block_is_hopeful(b))
        return false;
    b->what->blocks_tried++;
    claim_free(b);
    if (b->missing > 0)
        empty_spaces(b);
    if (b->missing == 0)
        return true;
    give_up(b);
    return false;
}

static void compact_begin(u32 count, struct compaction *what)
{
    *what = (struct compaction){0, 0, 0};
    might_sleep();
    assert(count > 0 && count <= COMPACT_MAX && (count & (count - 1)) == 0);
    frames_drain_caches();
}

struct page *compact(u32 count, pfn_t below, struct compaction *what)
{
    compact_begin(count, what);
    for (pfn_t first = DMA_LIMIT_PFN; below > first && below - first >= count; first += count) {
        struct block b = {.first = first, .count = count, .missing = count, .what = what};
        if (empty_block(&b))
            return page_of(first);
    }
    return NULL;
}

struct page *compact_at(pfn_t first, u32 count, struct compaction *what)
{
    struct block b = {.first = first, .count = count, .missing = count, .what = what};

    compact_begin(count, what);
    assert(first % count == 0);
    return empty_block(&b) ? page_of(first) : NULL;
}
