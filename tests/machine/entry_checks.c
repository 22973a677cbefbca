/*
 * The checker of page-table entries must refuse each kind of wrong write, and name the writer. The table here
 * is in no directory: what the checker goes by is the frame's own record.
 *
 * A panic that is taken back must not leave a lock held (expect_panic.h). So a wrong write is made with no
 * lock, which alone would be refused too, but last: the sentence tells which check it was.
 */
#include "mm/table/entry_check.h"
#include "mm/table/pt_entry.h"
#include "mm/table/shootdown.h"
#include "tests/machine/expect_panic.h"
#include "tests/scenario.h"

#define BASE       0x40000000u
#define KIND(name) (1u << ENTRY_KIND_##name)

static struct {
    struct page *table, *anon, *file;
    struct mapping *mapping;
    pte_t *slot;
    pte_t was, becomes;
} w;

static pte_t entry_of(enum entry_kind kind)
{
    switch (kind) {
    case ENTRY_KIND_ZERO:
        return pte_make(page_pfn(zero_page), PROT_PTE_USER);
    case ENTRY_KIND_ANON:
        return pte_make(page_pfn(w.anon), PROT_PTE_USER | PROT_PTE_WRITE | PROT_PTE_DIRTY);
    case ENTRY_KIND_LAZY:
        return pte_make(page_pfn(w.anon), PROT_PTE_USER | PROT_PTE_WRITE);
    case ENTRY_KIND_COW:
        return pte_make(page_pfn(w.anon), PROT_PTE_USER);
    case ENTRY_KIND_FILE:
        return pte_make(page_pfn(w.file), PROT_PTE_USER);
    case ENTRY_KIND_SWAP:
        return pte_software(ENTRY_SWAP, 7);
    case ENTRY_KIND_MIGRATING:
        return pte_software(ENTRY_MIGRATING, 7);
    case ENTRY_KIND_HIDDEN:
        return entry_hide(pte_make(page_pfn(w.anon), PROT_PTE_USER));
    default:
        return ENTRY_EMPTY;
    }
}

static void write_it(void *unused)
{
    pte_xchg(w.slot, w.was);
    if (pte_empty(w.was))
        entry_install(w.table, w.slot, w.becomes);
    else
        (void)!entry_replace(w.table, w.slot, w.was, w.becomes);
}

static void begin(struct mm *mm)
{
    int error;

    w.table = obtain(page_alloc(GFP_KERNEL | GFP_ZERO));
    w.anon = obtain(page_alloc(GFP_USER | GFP_ZERO));
    w.mapping = scene_file(1);
    w.file = obtain(mapping_read(w.mapping, 0, &error));
    assert(w.table && w.anon && w.file);
    page_become_table(w.table, mm, BASE, NULL);
    page_map_inc(w.anon);
    page_map_inc(w.file);
    w.slot = pte_slot_in(page_pfn(w.table), BASE + 5 * PAGE_SIZE);
}

static void end(void)
{
    page_map_dec(w.anon);
    page_map_dec(w.file);
    page_put(w.file);
    page_put(w.anon);
    page_put(w.table);
    scene_file_free(w.mapping);
}

/* Makes the write w.was -> w.becomes and requires a refusal in these words. */
static void refused(pte_t was, pte_t becomes, const char *words)
{
    w.was = was;
    w.becomes = becomes;
    test_expect_panic(words, write_it, NULL);
    pte_xchg(w.slot, ENTRY_EMPTY);
}

static void accepted(pte_t was, pte_t becomes)
{
    w.was = was;
    w.becomes = becomes;
    spin_lock(page_ptl(w.table));
    write_it(NULL);
    spin_unlock(page_ptl(w.table));
    flush_debt_paid(page_pt_mm(w.table), BASE, BASE + PDE_SIZE);
    pte_xchg(w.slot, ENTRY_EMPTY);
}

/* Stated once more, and not taken from the checker: what it allows is what the chapter says. */
static u32 allowed(enum entry_kind from)
{
    static const u32 rows[ENTRY_KINDS] = {
        [ENTRY_KIND_EMPTY] = KIND(ZERO) | KIND(ANON) | KIND(LAZY) | KIND(FILE) | KIND(COW) | KIND(SWAP) |
                             KIND(MIGRATING) | KIND(HIDDEN),
        [ENTRY_KIND_ZERO] = KIND(EMPTY) | KIND(HIDDEN),
        [ENTRY_KIND_LAZY] =
            KIND(EMPTY) | KIND(ANON) | KIND(COW) | KIND(SWAP) | KIND(MIGRATING) | KIND(HIDDEN),
        [ENTRY_KIND_ANON] =
            KIND(EMPTY) | KIND(LAZY) | KIND(COW) | KIND(SWAP) | KIND(MIGRATING) | KIND(HIDDEN),
        [ENTRY_KIND_FILE] = KIND(EMPTY) | KIND(HIDDEN),
        [ENTRY_KIND_COW] = KIND(EMPTY) | KIND(ANON) | KIND(SWAP) | KIND(MIGRATING) | KIND(HIDDEN),
        [ENTRY_KIND_SWAP] = KIND(EMPTY) | KIND(ANON) | KIND(COW),
        [ENTRY_KIND_MIGRATING] = KIND(EMPTY) | KIND(ANON) | KIND(COW),
        [ENTRY_KIND_HIDDEN] = KIND(EMPTY) | KIND(ZERO) | KIND(FILE) | KIND(COW),
    };
    return rows[from];
}

TEST(entry_check_changes,
     .shows = "of the 72 changes of an entry's kind the state machine allows 39 and refuses 33")
{
    struct scene *s = scene_begin();
    u32 passed = 0, caught = 0;

    begin(scene_mm(s));
    for (u32 from = 0; from < ENTRY_KINDS; from++) {
        for (u32 to = 0; to < ENTRY_KINDS; to++) {
            if (from == to)
                continue;
            if (allowed(from) & (1u << to)) {
                accepted(entry_of(from), entry_of(to));
                passed++;
            } else {
                refused(entry_of(from), entry_of(to), "no entry may change so; write_it");
                caught++;
            }
        }
    }
    end();
    check_eq(passed, 39);
    check_eq(caught, 33);
    scene_end(s);
}

static void install_twice(void *unused)
{
    pte_xchg(w.slot, entry_of(ENTRY_KIND_ANON));
    entry_install(w.table, w.slot, entry_of(ENTRY_KIND_FILE));
}

TEST(
    entry_check_contents,
    .shows = "an entry filled twice, a writable zero page, a change of frame and an unknown kind are refused")
{
    struct scene *s = scene_begin();

    begin(scene_mm(s));
    test_expect_panic("it was not empty (R01); install_twice", install_twice, NULL);
    refused(ENTRY_EMPTY, pte_make(page_pfn(zero_page), PROT_PTE_USER | PROT_PTE_WRITE), "(R56); write_it");
    refused(ENTRY_EMPTY, pte_software(7, 1), "of no kind that there is; write_it");
    struct page *other = obtain(page_alloc(GFP_USER));
    refused(entry_of(ENTRY_KIND_COW), pte_make(page_pfn(other), PROT_PTE_USER),
            "changed its frame and was never empty; write_it");
    page_put(other);
    end();
    scene_end(s);
}

TEST(entry_check_counts,
     .shows =
         "an entry for a free frame, for one that does not count it, or writable for a shared one is refused")
{
    struct scene *s = scene_begin();

    begin(scene_mm(s));
    struct page *gone = obtain(page_alloc(GFP_USER));
    refused(ENTRY_EMPTY, pte_make(page_pfn(gone), PROT_PTE_USER), "does not count it as a mapping; write_it");
    page_put(gone);
    refused(ENTRY_EMPTY, pte_make(page_pfn(gone), PROT_PTE_USER), "its frame is free; write_it");
    page_get(w.anon); /* the reference of a reader, or of a child's entry */
    refused(entry_of(ENTRY_KIND_COW), entry_of(ENTRY_KIND_ANON),
            "others still have the page (R06); write_it");
    page_put(w.anon);
    end();
    scene_end(s);
}

TEST(entry_check_table, .shows = "a write into a dead table, or without its lock, is refused")
{
    struct scene *s = scene_begin();

    begin(scene_mm(s));
    refused(ENTRY_EMPTY, entry_of(ENTRY_KIND_ANON), "the lock of its table is not held; write_it");
    page_leave_table(w.table);
    refused(ENTRY_EMPTY, entry_of(ENTRY_KIND_ANON), "its table is dead; write_it");
    end();
    scene_end(s);
}

static void end_without_flush(void *unused)
{
    flush_debt_none();
}

/* Takes one page out of another address space than the one before: that one's flush is now nobody's. */
static void go_on_elsewhere(void *elsewhere)
{
    flush_debt_add(elsewhere, BASE, CALLER_IP());
}

static void take_out(void)
{
    pte_xchg(w.slot, entry_of(ENTRY_KIND_ANON));
    spin_lock(page_ptl(w.table));
    entry_take(w.table, w.slot);
    spin_unlock(page_ptl(w.table));
}

TEST(entry_check_flush_debt,
     .shows = "an operation that ends, or frees frames, before the flush of what it took is refused")
{
    struct scene *s = scene_begin();
    struct mm *elsewhere = obtain(mm_create());
    vaddr_t page = BASE + 5 * PAGE_SIZE;

    begin(scene_mm(s));
    take_out();
    flush_debt_paid(scene_mm(s), page + PAGE_SIZE, page + 2 * PAGE_SIZE); /* of another page: pays nothing */
    test_expect_panic("no flush came before the end; take_out", end_without_flush, NULL);
    take_out();
    test_expect_panic("goes on to another address space", go_on_elsewhere, elsewhere);
    take_out();
    shootdown_range(scene_mm(s), page, page + PAGE_SIZE);
    flush_debt_none(); /* paid: says nothing */
    end();
    mm_put_user(elsewhere);
    scene_end(s);
}
