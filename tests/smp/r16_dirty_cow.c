/*
 * R16: a forced write into a read-only private mapping of a file, while the copy that it makes is thrown
 * away.
 *
 *   T1: mm_access(WRITE|FORCE) -> fault: copied            T1@R16, nothing held
 *   T2: madvise(MADV_DONTNEED); load: the file's own page is mapped again, read-only
 *   T1: looks again                                        must ask for a copy again, and write into that
 */
#include "lib/string.h"
#include "mm/fault/fault.h"
#include "tests/scenario.h"

#define OURS          0xc0ffee01u
#define MADV_DONTNEED 4

struct cow {
    struct mm *mm;
    vaddr_t page;
    u32 moved;
};

static void write_by_force(void *arg)
{
    struct cow *c = arg;
    u32 word = OURS;

    c->moved = obtain(mm_access(c->mm, c->page, &word, sizeof word, ACCESS_WRITE | ACCESS_FORCE));
}
static void throw_away_and_load(void *arg)
{
    struct cow *c = arg;

    check_eq(again(mm_madvise(c->mm, c->page, PAGE_SIZE, MADV_DONTNEED)), 0);
    check_eq(user_load(c->page), 0); /* word 0 of page 0 of the file */
}
static void store_is_refused(void *arg)
{
    struct cow *c = arg;

    check_eq(user_load(c->page), OURS);
    check_eq(user_store_u32(c->page, 1), -EFAULT); /* the program has no right of its own to write */
    check_eq(user_load(c->page), OURS);
}

static u32 first_word(struct mapping *file)
{
    int error;
    struct page *page = obtain(mapping_read(file, 0, &error));
    u32 *words = page_map(page), word = words[0];

    page_unmap(words);
    page_put(page);
    return word;
}

TEST(r16_dirty_cow, .cpus = 2,
     .shows = "MADV_DONTNEED against a forced write: the write lands in a copy, never in the file's page")
{
    struct mapping *file = scene_file(1);
    struct scene *s = scene_begin();
    struct cow c = {.mm = scene_mm(s), .page = scene_mmap_file(s, file, 1, VM_READ)};

    scene_overtake(s, R16, write_by_force, throw_away_and_load, &c);
    check_eq(c.moved, sizeof(u32));
    check_eq(first_word(file), 0);
    actor_run(s, 1, store_is_refused, &c);
    mapping_drop(file, 0);
    scene_end(s);
    scene_file_free(file);
}
