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
#include "diag/race.h"
#include "lib/string.h"
#include "mm/fault/fault.h"
#include "mm/space/mm_private.h"
#include "mm/table/pt_entry.h"

enum look { LOOK_COPIED, LOOK_FAULT, LOOK_REFUSED };

struct piece { /* of one page */
    struct mm *mm;
    vaddr_t addr;
    void *buffer;
    u32 n;
    bool write; /* into the other's memory */
    u32 access; /* what the entry must allow */
};

static bool region_allows(const struct vma *vma, u32 access)
{
    if (access & ACCESS_WRITE)
        return vma_may_write(vma->flags, access);
    return (vma->flags & VM_READ) || (access & ACCESS_FORCE);
}

/* A private page that nobody else refers to: a write that the region's rights forbid may still go there, as a
 * debugger's breakpoint does. */
static bool page_is_own(struct page *page)
{
    return !page_is_zero(page) && !page_mapping(page) && !page_bit_test(page, PAGE_REMOVED) &&
           page_refs(page) == 1;
}

/* Under the table's lock. */
static bool entry_allows(pte_t entry, u32 access)
{
    if (pte_empty(entry))
        return false;
    if (access & ACCESS_WRITE)
        return pte_present(entry) &&
               (pte_writable(entry) || ((access & ACCESS_FORCE) && page_is_own(entry_page(entry))));
    return true; /* hidden, too: the region was asked */
}

static void move_bytes(const struct piece *piece, struct page *page)
{
    u32 offset = piece->addr & ~PAGE_MASK;
    char *bytes = page_map(page);

    if (piece->write)
        memcpy(bytes + offset, piece->buffer, piece->n);
    else
        memcpy(piece->buffer, bytes + offset, piece->n);
    page_unmap(bytes);
    if (piece->write && page_mapping(page))
        page_bit_set(page, PAGE_DIRTY); /* the processor sets no bit for us */
}

/* A region without rights has no faults; what was never touched there is zeroes, unless a file says more. */
static enum look look_at_untouched(const struct piece *piece, const struct vma *vma)
{
    if (vma_accessible(vma->flags))
        return LOOK_FAULT;
    if (vma->mapping || piece->write)
        return LOOK_REFUSED;
    memset(piece->buffer, 0, piece->n);
    return LOOK_COPIED;
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
        if (entry_allows(entry, piece->access))
            move_bytes(piece, entry_page(entry));
        else
            look = LOOK_FAULT;
        pt_unlock(table);
    }
    return pte_empty(entry) ? look_at_untouched(piece, vma) : look;
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

    while ((result = look(piece)) == LOOK_FAULT) {
        if (fault_handle(piece->mm, piece->addr, piece->access) != FAULT_DONE)
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
