/*
 * mremap's work on the entries. The danger (R11) is a page that is found and freed through its new place
 * while some CPU still writes it through a translation of the old one. Here a page is never at two places and
 * never at the new one too early: take a batch out, flush, put it in. Between the two it hangs on nothing but
 * this function, and mmap_lock, held exclusive, keeps every fault from seeing the gap.
 */
#include "diag/assert.h"
#include "mm/space/mm_private.h"
#include "mm/table/pt_entry.h"

#define MOVE_BATCH 256u /* a kilobyte of stack; one flush and four locks for so many */

struct move_batch {
    u32 n;            /* entries looked at */
    int taken, pages; /* of them not empty; of those, resident pages */
    struct {
        pte_t entry;
    } was[MOVE_BATCH];
};

static void move_take_out(struct mm *mm, vaddr_t from, struct move_batch *batch)
{
    struct page *table;
    pte_t *slot = pt_lock(mm, from, &table);
    const u32 zero = zero_pfn;
    int taken = 0, zeroes = 0;

    assert(slot);
    for (u32 i = batch->n; i-- > 0;) { /* downwards: one comparison less for each of many */
        pte_t entry = ENTRY_EMPTY;
        if (!pte_empty(pte_read(slot + i))) {
            entry = entry_take(table, slot + i);
            taken++;
            if (unlikely(entry_pfn(entry) == zero))
                zeroes++;
        }
        batch->was[i].entry = entry;
    }
    batch->taken = taken;
    batch->pages = taken - zeroes;
    page_pt_account(table, -taken, -batch->pages);
    pt_unlock(table);
}

static void move_put_in(struct mm *mm, vaddr_t to, const struct move_batch *batch)
{
    struct page *table;
    pte_t *slot = pt_lock(mm, to, &table);

    assert(slot);
    for (u32 i = 0; i < batch->n; i++) {
        if (pte_empty(batch->was[i].entry))
            continue;
        assert(pte_empty(pte_read(slot + i)));
        entry_install(table, slot + i, batch->was[i].entry);
    }
    page_pt_account(table, batch->taken, batch->pages);
    pt_unlock(table);
}

/* Tables for the new place wherever the old one has any: after this nothing can fail. */
static int move_prepare(struct mm *mm, vaddr_t from, vaddr_t to, u32 length)
{
    for (vaddr_t addr = from, stop; addr < from + length; addr = stop) {
        stop = pt_stop(addr, from + length);
        if (!pt_table(mm, addr))
            continue;
        /* One old table may reach into two new ones. */
        if (pt_ensure(mm, addr - from + to) || pt_ensure(mm, stop - 1 - from + to))
            return -ENOMEM;
    }
    return 0;
}

int pt_move(struct mm *mm, vaddr_t from, vaddr_t to, u32 length)
{
    struct move_batch batch;

    rwsem_assert_write(&mm->mmap_lock);
    assert(from + length <= to || to + length <= from);
    if (move_prepare(mm, from, to, length))
        return -ENOMEM;
    for (u32 done = 0; done < length; done += batch.n << PAGE_SHIFT) {
        vaddr_t source = from + done, target = to + done;
        vaddr_t stop = pt_stop(source, from + length);
        u32 room = MIN(stop - source, pt_stop(target, to + length) - target) >> PAGE_SHIFT;

        batch.n = room;
        if (!pt_table(mm, source))
            continue;
        batch.n = MIN(room, MOVE_BATCH);
        move_take_out(mm, source, &batch);
        if (!batch.taken)
            continue;
        if (mutant(R11))
            move_put_in(mm, target, &batch);
        race_point(
            R11); /* other CPUs may still write the pages at the old place: nobody may find them at the new */
        shootdown_range(mm, source, source + (batch.n << PAGE_SHIFT));
        flush_debt_none();
        if (!mutant(R11))
            move_put_in(mm, target, &batch);
    }
    return 0;
}
