/*
 * Another's memory, page by page: process_vm_readv(2), /proc/PID/mem.
 *
 *     look: mmap_lock shared, the table's lock; does the entry allow it? ---- yes: copy, under both
 *       ^                                      | no
 *       |                                      v
 *       +------ everything let go, fault <-----+
 *
 * The bytes are moved under the lock of the page table, to or from a buffer of the kernel's: so the entry
 * that was judged is the one whose page is touched, and neither fork nor COW can come between.
 *
 * What may come between is the fault and the look after it. A copy that the fault made for a write may be
 * thrown away there (MADV_DONTNEED), and the next look find the file's own page, read-only. Who then thinks
 * "the copy was made, so any entry will do" writes into the file: that was Dirty COW (R16, CVE-2016-5195).
 * Here each look asks for the same access as the first, and the fault is asked again as often as it takes.
 */
#include "mm/space/access.h"
#include "diag/race.h"
#include "lib/string.h"
#include "mm/fault/fault.h"
#include "mm/space/mm_private.h"
#include "mm/table/pt_entry.h"

static bool region_allows(const struct vma *vma, u32 access)
{
    const u32 copied = vma->flags & (VM_SHARED | VM_MAYWRITE);

    if (access & ACCESS_WRITE)
        return (vma->flags & VM_WRITE) || ((access & ACCESS_FORCE) && copied == VM_MAYWRITE);
    return (vma->flags & VM_READ) || (access & ACCESS_FORCE);
}

/* Under the table's lock. A page of the space's own may be written by force where the region's rights forbid
 * it, as a debugger's breakpoint is. */
static bool entry_allows(pte_t entry, u32 access)
{
    if (pte_empty(entry))
        return false;
    if (access & ACCESS_WRITE)
        return (pte_present(entry) && pte_writable(entry)) ||
               ((access & ACCESS_FORCE) && page_is_own(entry_page(entry)));
    return true; /* hidden, too: the region was asked */
}

/* The processor sets no D for us, and a page that was given up must not be taken once it is written
 * (pt_lazy.c). */
static void note_write(struct page *table, pte_t *slot) must_hold(page_ptl(table))
{
    pte_t now = pte_read(slot);

    while (!entry_dirty(now) && !entry_replace(table, slot, now, entry_with_dirty(now)))
        now = pte_read(slot);
}

void access_move_bytes(const struct piece *piece, struct page *page)
{
    u32 offset = piece->addr & ~PAGE_MASK;
    char *bytes = page_map(page);

    if (piece->write)
        memcpy(bytes + offset, piece->buffer, piece->n);
    else
        memcpy(piece->buffer, bytes + offset, piece->n);
    page_unmap(bytes);
    if (piece->write && page_mapping(page))
        page_bit_set(page, PAGE_DIRTY);
}

static enum look look_locked(const struct piece *piece) must_hold_shared(&piece->mm->mmap_lock)
{
    struct vma *vma = vma_find(piece->mm, piece->addr);
    enum look look = LOOK_COPIED;
    struct page *table;
    pte_t entry = ENTRY_EMPTY;
    pte_t *slot;

    if (!vma || !region_allows(vma, piece->access))
        return LOOK_REFUSED;
    slot = pt_lock(piece->mm, piece->addr, &table);
    if (slot) {
        entry = pte_read(slot);
        if (!entry_allows(entry, piece->access)) {
            look = LOOK_FAULT;
        } else {
            if (piece->write)
                note_write(table, slot);
            access_move_bytes(piece, entry_page(entry));
        }
        pt_unlock(table);
    }
    if (!pte_empty(entry) && look == LOOK_COPIED)
        return look;
    return vma_accessible(vma->flags) ? LOOK_FAULT : access_without_rights(piece, vma);
}

static enum look look(const struct piece *piece)
{
    enum look result;

    if (rwsem_read_lock_killable(&piece->mm->mmap_lock))
        return LOOK_REFUSED;
    result = look_locked(piece);
    rwsem_read_unlock(&piece->mm->mmap_lock);
    return result;
}

static bool access_piece(struct piece *piece)
{
    enum look result;

    while ((result = look(piece)) == LOOK_FAULT || result == LOOK_AGAIN) {
        if (result == LOOK_FAULT && fault_handle(piece->mm, piece->addr, piece->access) != FAULT_DONE)
            return false;
        race_point(R16); /* nothing is held: what the fault made may be gone again */
        if (mutant(R16))
            piece->access &= ~ACCESS_WRITE;
    }
    return result == LOOK_COPIED;
}

u32 mm_access(struct mm *mm, vaddr_t addr, void *buffer, u32 n, u32 access)
{
    u32 done = 0;

    might_sleep();
    while (done < n && vaddr_is_user(addr + done)) {
        u32 in_page = (addr + done) & ~PAGE_MASK;
        struct piece piece = {.mm = mm,
                              .addr = addr + done,
                              .buffer = (char *)buffer + done,
                              .n = MIN(n - done, PAGE_SIZE - in_page),
                              .write = access & ACCESS_WRITE,
                              .access = access};
        if (!access_piece(&piece))
            break;
        done += piece.n;
    }
    return done;
}
