/*
 * The life of an address space.
 *
 * Two counts. `users` are those for whom its contents exist: tasks, a fork under way. The last one to go
 * takes the contents down. `refs` are those who need the struct; all users together hold one. So a reader of
 * /proc can keep the struct without keeping 256 MiB of somebody's memory alive.
 */
#include "mm/space/mm.h"
#include "diag/assert.h"
#include "diag/race.h"
#include "lib/string.h"
#include "mm/kernel/slab.h"
#include "mm/space/mm_private.h"

/* Top-down placement starts here: 128 MiB are left above it for the stack, as Linux leaves at least. */
#define MMAP_TOP (USER_END - 0x08000000u)

DEFINE_SLAB(mm_cache, struct mm, NULL);
DEFINE_SPINLOCK(mm_list_lock, SPACES);
static struct list mm_list = LIST_INIT(mm_list); /* under mm_list_lock */

static void mm_setup(struct mm *mm, struct page *root)
{
    memset(mm, 0, sizeof *mm);
    rwsem_init(&mm->mmap_lock, "mmap_lock", MMAP);
    waitqueue_init(&mm->region_wait);
    spinlock_init(&mm->page_table_lock, "page_table_lock", PTL);
    space_init(&mm->space, (paddr_t)page_pfn(root) << PAGE_SHIFT);
    atomic_set(&mm->users, 1);
    atomic_set(&mm->refs, 1);
    mm->mmap_top = MMAP_TOP;
    spin_lock(&mm_list_lock);
    list_push_back(&mm_list, &mm->all);
    spin_unlock(&mm_list_lock);
}

struct mm *mm_create(void)
{
    struct mm *mm;
    struct page *root;

    might_sleep();
    mm = slab_alloc(&mm_cache, GFP_KERNEL);
    if (!mm)
        return NULL;
    root = page_alloc(GFP_KERNEL | GFP_ZERO);
    if (!root) {
        slab_free(&mm_cache, mm);
        return NULL;
    }
    mm_setup(mm, root);
    return mm;
}

/* Nobody uses the contents any more and nobody can begin to: unmap all. */
static void mm_teardown(struct mm *mm)
{
    struct gather g;

    race_point(
        R44); /* an idle CPU may still walk this directory: it only borrowed it, and nobody told it to stop */
    if (!mutant(R44))
        shootdown_evict(mm); /* first: a space that is loaded nowhere needs no flush below */
    rwsem_write_lock(&mm->mmap_lock);
    gather_begin(&g, mm);
    /* Region by region: 768 directory entries are more than most programs have pages. */
    for (struct vma *vma = vma_find_above(mm, 0); vma; vma = vma_next(vma)) {
        pt_zap_pages(mm, vma->start, vma->end, &g);
        pt_free_empty(mm, vma->start, vma->end, &g);
    }
    if (mm->pt_count) /* made for a region that never came */
        pt_free_empty(mm, 0, USER_END, &g);
    gather_end(&g);
    vma_discard_all(mm);
    rwsem_write_unlock(&mm->mmap_lock);
    assert(mm->pt_count == 0);
    assert(mm->total_pages == 0 && mm->locked_pages == 0 && mm->data_pages == 0);
    if (mm->exe) {
        atomic_dec(&mm->exe->executed);
        mm->exe->ops->put(mm->exe);
    }
    mm->exe = NULL;
}

void mm_set_exe(struct mm *mm, struct mapping *exe)
{
    assert(!mm->exe);
    if (!exe)
        return;
    exe->ops->get(exe);
    atomic_inc(&exe->executed);
    mm->exe = exe;
}

void mm_get_user(struct mm *mm)
{
    int users = atomic_inc(&mm->users);

    assert(users > 1); /* from zero there is no way back: the contents are going */
}

void mm_put_user(struct mm *mm)
{
    int users = atomic_dec(&mm->users);

    might_sleep();
    assert(users >= 0);
    if (users > 0)
        return;
    mm_teardown(mm);
    mm_put(mm);
}

bool mm_visit_begin(struct mm *mm)
{
    bool alive = mutant(R39) || atomic_inc_unless_zero(&mm->users);

    race_point(R39); /* its tasks may exit, the last of them, while we look */
    return alive;
}

void mm_visit_end(struct mm *mm)
{
    if (!mutant(R39))
        mm_put_user(mm);
}

void mm_get(struct mm *mm)
{
    int refs = atomic_inc(&mm->refs);

    assert(refs > 1);
}

void mm_put(struct mm *mm)
{
    struct page *root = page_of(mm->space.root >> PAGE_SHIFT);
    int refs = atomic_dec(&mm->refs);

    assert(refs >= 0);
    if (refs > 0)
        return;
    assert(atomic_read(&mm->users) == 0);
    assert(cpumask_empty(&mm->space.cpus) || mutant(R44)); /* or a CPU walks a directory that is free (R44) */
    spin_lock(&mm_list_lock);
    list_remove(&mm->all);
    spin_unlock(&mm_list_lock);
    space_exit(&mm->space);
    if (mutant(R44)) /* who still walks it is to meet what comes after it, and not nothing */
        page_put(root);
    else
        page_put_zeroed(root);
    slab_free(&mm_cache, mm);
}

struct mm *mm_next_user(struct mm *after)
{
    struct mm *next = NULL;

    spin_lock(&mm_list_lock);
    for (struct list *at = after ? after->all.next : mm_list.next; at != &mm_list && !next; at = at->next) {
        struct mm *mm = container_of(at, struct mm, all);
        if (atomic_inc_unless_zero(&mm->users)) /* from zero there is no way back: its contents are going */
            next = mm;
    }
    spin_unlock(&mm_list_lock);
    if (after)
        mm_put_user(after);
    return next;
}

void mm_maps_report(struct mm *mm, void (*fn)(void *ctx, const struct vma *vma), void *ctx)
{
    rwsem_read_lock(&mm->mmap_lock);
    for (struct vma *vma = vma_find_above(mm, 0); vma; vma = vma_next(vma))
        fn(ctx, vma);
    rwsem_read_unlock(&mm->mmap_lock);
}
