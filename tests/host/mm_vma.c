/*
 * The region tree against a model that cannot be wrong: one word a page. Ten thousand random calls; after
 * each the tree must say the same of every page, be in its normal form (no two neighbours that could be one),
 * and balance its books.
 */
#include "lib/errno.h"
#include "lib/random.h"
#include "lib/string.h"
#include "mm/space/vma.h"
#include "tests/test.h"

#define BASE  0x40000000u
#define PAGES 96u

struct model {
    u32 rights[PAGES]; /* VM_* of a mapped page plus MAPPED, or 0 */
};
#define MAPPED   0x80000000u
#define COMPARED (VM_READ | VM_WRITE | VM_EXEC | VM_DONTFORK | VM_LOCKED)

static const u32 some_rights[] = {0, VM_READ, VM_READ | VM_WRITE, VM_READ | VM_EXEC};

static vaddr_t page_addr(u32 page)
{
    return BASE + page * PAGE_SIZE;
}

static void check_against(struct mm *mm, const struct model *model)
{
    u32 mapped = 0, locked = 0, regions = 0;

    rwsem_read_lock(&mm->mmap_lock);
    for (u32 i = 0; i < PAGES; i++) {
        struct vma *vma = vma_find(mm, page_addr(i));
        u32 want = model->rights[i];
        check_eq(vma != NULL, want != 0);
        if (vma)
            check_eq(vma->flags & COMPARED, want & COMPARED);
        mapped += want != 0;
        locked += (want & VM_LOCKED) != 0;
    }
    for (struct vma *vma = vma_find_above(mm, 0); vma; vma = vma_next(vma)) {
        struct vma *next = vma_next(vma);
        regions++;
        check_eq(vma->pgoff, vma->start >> PAGE_SHIFT);
        if (next) {
            check(vma->end <= next->start);
            check(vma->end < next->start || vma->flags != next->flags);
        }
    }
    check_eq(mm->total_pages, mapped);
    check_eq(mm->locked_pages, locked);
    check_eq(mm->vma_count, regions);
    check_eq(rb_check(&mm->vmas), regions);
    rwsem_read_unlock(&mm->mmap_lock);
}

static bool all_mapped(const struct model *model, u32 first, u32 count)
{
    for (u32 i = first; i < first + count; i++)
        if (!model->rights[i])
            return false;
    return true;
}

static void model_map(struct mm *mm, struct model *model, u32 first, u32 count, u32 rights)
{
    struct mmap_request request = {
        .addr = page_addr(first), .length = count * PAGE_SIZE, .vm_flags = rights, .how = MM_FIXED};

    check_eq((vaddr_t)mm_mmap(mm, &request), page_addr(first));
    for (u32 i = first; i < first + count; i++)
        model->rights[i] = rights | MAPPED;
}

/* What mprotect changes before it meets a hole stays changed. */
static void model_protect(struct mm *mm, struct model *model, u32 first, u32 count, u32 rights)
{
    int want = all_mapped(model, first, count) ? 0 : -ENOMEM;

    check_eq(mm_mprotect(mm, page_addr(first), count * PAGE_SIZE, rights), want);
    for (u32 i = first; i < first + count && model->rights[i]; i++)
        model->rights[i] = (model->rights[i] & ~(VM_READ | VM_WRITE | VM_EXEC)) | rights;
}

static void model_flag(struct mm *mm, struct model *model, u32 first, u32 count, bool set)
{
    int want = all_mapped(model, first, count) ? 0 : -ENOMEM;

    check_eq(mm_madvise(mm, page_addr(first), count * PAGE_SIZE, set ? 10 : 11),
             want); /* MADV_DONTFORK, DOFORK */
    for (u32 i = first; i < first + count; i++)
        if (model->rights[i])
            model->rights[i] = set ? model->rights[i] | VM_DONTFORK : model->rights[i] & ~VM_DONTFORK;
}

/* So does mlock(2) and munlock(2): as far as the first hole. */
static void model_lock(struct mm *mm, struct model *model, u32 first, u32 count, bool set)
{
    int want = all_mapped(model, first, count) ? 0 : -ENOMEM;

    check_eq(mm_mlock(mm, page_addr(first), count * PAGE_SIZE, set, true), want);
    for (u32 i = first; i < first + count && model->rights[i]; i++)
        model->rights[i] = set ? model->rights[i] | VM_LOCKED : model->rights[i] & ~VM_LOCKED;
}

static void random_call(struct mm *mm, struct model *model, struct random *rnd)
{
    u32 first = random_below(rnd, PAGES), count = 1 + random_below(rnd, MIN(PAGES - first, 24u));
    u32 rights = some_rights[random_below(rnd, ARRAY_SIZE(some_rights))];

    switch (random_below(rnd, 8)) {
    case 0:
    case 1:
    case 2:
        model_map(mm, model, first, count, rights);
        break;
    case 3:
        check_eq(mm_munmap(mm, page_addr(first), count * PAGE_SIZE), 0);
        memset(&model->rights[first], 0, count * sizeof model->rights[0]);
        break;
    case 4:
    case 5:
        model_protect(mm, model, first, count, rights);
        break;
    case 6:
        model_flag(mm, model, first, count, random_below(rnd, 2));
        break;
    default:
        model_lock(mm, model, first, count, random_below(rnd, 2));
        break;
    }
}

TEST(vma_tree_against_model,
     .shows = "10,000 random calls leave the region tree equal to a page-by-page model, joined and balanced")
{
    struct mm *mm = mm_create();
    struct model model = {{0}};
    struct random rnd;

    random_seed(&rnd, 2004);
    for (u32 op = 0; op < 10000 && !test_failed(); op++) {
        random_call(mm, &model, &rnd);
        check_against(mm, &model);
    }
    mm_put_user(mm);
}

/* The highest hole, found by trying every page. */
static vaddr_t hole_by_trying(struct mm *mm, u32 length)
{
    for (vaddr_t addr = mm->mmap_top - length; addr >= mm->mmap_top - 4 * PAGES * PAGE_SIZE;
         addr -= PAGE_SIZE)
        if (vma_range_is_free(mm, addr, addr + length))
            return addr;
    return 0;
}

TEST(vma_hole_is_the_highest,
     .shows = "a search for a hole finds the highest one that fits, whatever lies about")
{
    struct mm *mm = mm_create();
    struct random rnd;

    random_seed(&rnd, 42);
    for (u32 op = 0; op < 2000 && !test_failed(); op++) {
        u32 length = (1 + random_below(&rnd, 6)) * PAGE_SIZE;
        vaddr_t victim = mm->mmap_top - (1 + random_below(&rnd, PAGES)) * PAGE_SIZE;
        /* What was pushed below the part that is filled and emptied goes, so that there is always an answer.
         */
        check_eq(mm_munmap(mm, mm->mmap_top - 2 * PAGES * PAGE_SIZE, PAGES * PAGE_SIZE), 0);
        rwsem_read_lock(&mm->mmap_lock);
        vaddr_t want = hole_by_trying(mm, length), found = vma_find_hole(mm, length, 0);
        rwsem_read_unlock(&mm->mmap_lock);
        check_eq(found, want);
        struct mmap_request request = {.length = length, .vm_flags = some_rights[random_below(&rnd, 4)]};
        check_eq((vaddr_t)mm_mmap(mm, &request), want);
        check_eq(mm_munmap(mm, victim, (1 + random_below(&rnd, 4)) * PAGE_SIZE), 0);
    }
    mm_put_user(mm);
}
