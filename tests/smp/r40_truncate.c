/*
 * R40: a file is cut while one of its pages is on the way into a page table.
 *
 *   T1: load from page 1 -> the size allows it, page found      T1@R40, before its page table's lock
 *   T2: the size becomes one page; page 1 leaves the cache; every page table is searched, T1's is empty
 *   T1: must see that the page left: SIGBUS, and no entry
 *
 * And without a race: the end goes out of every space that maps it, private copies included.
 */
#include "lib/errno.h"
#include "mm/file/mapping.h"
#include "mm/kernel/slab.h"
#include "tests/scenario.h"

struct cut_file {
    struct mapping mapping;
    u32 pages;
};
struct cut {
    struct cut_file *file;
    vaddr_t base;
    int load_result;
};

static int read_page(struct mapping *mapping, struct page *page)
{
    page_zero(page);
    return 0;
}
static u64 size(struct mapping *mapping)
{
    return (u64)READ_ONCE(container_of(mapping, struct cut_file, mapping)->pages) << PAGE_SHIFT;
}
static void keep(struct mapping *mapping) {}
static const struct mapping_ops cut_ops = {
    .kind = "cut file", .read_page = read_page, .size = size, .get = keep, .put = keep};

static struct cut_file *cut_file(u32 pages)
{
    struct cut_file *file = obtain(kmalloc(sizeof *file, GFP_KERNEL));

    assert(file);
    mapping_init(&file->mapping, &cut_ops, NULL);
    file->pages = pages;
    return file;
}

static void cut_file_free(struct cut_file *file)
{
    scene_drain();
    check(list_is_empty(&file->mapping.regions));
    mapping_drop(&file->mapping, 0);
    kfree(file);
}

static void read_it_in(void *arg) /* page by page: none is mapped by the fault of another */
{
    struct cut *c = arg;
    int error;

    for (u32 i = 0; i < c->file->pages; i++)
        page_put(obtain(mapping_read(&c->file->mapping, i, &error)));
}
static void load_second(void *arg)
{
    struct cut *c = arg;
    u32 value;

    c->load_result = again(user_load_u32(c->base + PAGE_SIZE, &value));
}
static void truncate_to_one(void *arg)
{
    struct cut *c = arg;

    WRITE_ONCE(c->file->pages, 1);
    mapping_remove(&c->file->mapping, 1, ~0u, true);
}

TEST(r40_truncate, .cpus = 2,
     .shows = "no fault maps a page that has left its file; the entry stays empty and the access is SIGBUS")
{
    struct scene *s = scene_begin();
    struct cut c = {.file = cut_file(2)};

    c.base = scene_mmap_file(s, &c.file->mapping, 2, VM_READ);
    actor_run(s, 1, read_it_in, &c);
    scene_overtake(s, R40, load_second, truncate_to_one, &c);
    check_eq(c.load_result, -EFAULT);
    check(pte_empty(scene_pte(scene_mm(s), c.base + PAGE_SIZE)));
    check_eq(c.file->mapping.page_count, 1);
    mapping_drop(&c.file->mapping, 0);
    scene_end(s);
    cut_file_free(c.file);
}

static void store_both(void *arg)
{
    struct cut *c = arg;

    user_store(c->base, 1);
    user_store(c->base + PAGE_SIZE, 2);
}
static void first_stays(void *arg)
{
    struct cut *c = arg;

    check_eq(user_load(c->base), 1);
    load_second(c);
    check_eq(c->load_result, -EFAULT);
}

/* The child's copies are copies of copies, all of pages that the file then does not have. */
static void cut_two_spaces(struct scene *s, u32 vm_flags)
{
    struct cut c = {.file = cut_file(2)};

    c.base = scene_mmap_file(s, &c.file->mapping, 2, VM_RW | vm_flags);
    actor_run(s, 0, store_both, &c);
    struct mm *child = obtain(mm_fork(scene_mm(s)));
    assert(child);
    truncate_to_one(&c);
    actor_run(s, 1, first_stays, &c);
    actor_join(s, actor_start_in(s, child, 1, first_stays, &c));
    check(mapping_is_mapped(&c.file->mapping, VM_WRITE));
    mm_put_user(child);
    check_eq(again(mm_munmap(scene_mm(s), c.base, 2 * PAGE_SIZE)), 0);
    check(!mapping_is_mapped(&c.file->mapping, 0));
    cut_file_free(c.file);
}

TEST(r40_truncate_unmaps_everywhere, .cpus = 2,
     .shows = "the pages beyond a file's new end leave every address space that shares them")
{
    struct scene *s = scene_begin();

    cut_two_spaces(s, VM_SHARED);
    scene_end(s);
}

TEST(r40_truncate_unmaps_copies, .cpus = 2,
     .shows = "private copies of the pages beyond a file's new end leave every address space with them")
{
    struct scene *s = scene_begin();

    cut_two_spaces(s, 0);
    scene_end(s);
}

#define ROUNDS scene_count(6u, 2u)

static void look_at_all(void *arg)
{
    struct cut *c = arg;
    struct page *pages[4];

    for (u32 round = 0; round < ROUNDS; round++) {
        mapping_find_run(&c->file->mapping, 0, 4, pages);
        check(pages[0] && pages[2] && pages[3]);
        for (u32 i = 0; i < 4; i++)
            if (pages[i])
                page_put(pages[i]);
    }
}
static void drop_and_read_second(void *arg)
{
    struct cut *c = arg;
    int error;

    for (u32 round = 0; round < ROUNDS; round++) {
        mapping_drop_range(&c->file->mapping, 1, 2);
        page_put(obtain(mapping_read(&c->file->mapping, 1, &error)));
    }
}

TEST(r40_look_beside_changes, .cpus = 2,
     .shows = "a look-up with no lock misses no page of a file while the tree of its pages is turned")
{
    struct scene *s = scene_begin();
    struct cut c = {.file = cut_file(4)};

    read_it_in(&c);
    actor_start(s, 0, look_at_all, &c);
    actor_run(s, 1, drop_and_read_second, &c);
    scene_join(s);
    cut_file_free(c.file);
    scene_end(s);
}
