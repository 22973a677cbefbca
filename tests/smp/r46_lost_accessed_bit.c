/*
 * R46: the processor sets A (and D) in an entry whenever it walks it, and asks for no lock. mprotect rewrites
 * an entry; a CPU reads the page between the look at the entry and the write. Nothing of what the walker has
 * noted may be lost.
 *
 * The page was mapped by its neighbour's fault (mm/fault/fault_around.c), so nobody has touched it: A is
 * clear, and the first read sets it without a fault.
 */
#include "mm/table/pt_entry.h"
#include "tests/scenario.h"

#define MADV_DONTNEED 4

struct duel {
    vaddr_t page;
    u32 go, done;
};

static void read_word(void *page)
{
    (void)user_load((vaddr_t)page);
}

/* In the window, with the table's lock held: the other CPU reads, which takes no lock. */
static void let_it_read(void *arg)
{
    struct duel *d = arg;

    store_release(&d->go, 1);
    scene_await(&d->done);
}

static void read_when_told(void *arg)
{
    struct duel *d = arg;

    scene_await(&d->go);
    (void)user_load(d->page);
    store_release(&d->done, 1);
}

static void hide(void *arg)
{
    struct duel *d = arg;

    check_eq(again(mm_mprotect(current->mm, d->page, PAGE_SIZE, 0)), 0);
}

TEST(r46_lost_accessed_bit, .cpus = 2,
     .shows = "what the walker notes in an entry is kept, however the kernel changes the entry meanwhile")
{
    struct scene *s = scene_begin();
    struct mapping *file = scene_file(4);
    vaddr_t a = scene_mmap_file(s, file, 4, VM_READ);
    struct duel d = {.page = a + PAGE_SIZE};

    for (u32 i = 0; i < 4; i++) /* all in the cache, then mapped by one fault */
        actor_run(s, 0, read_word, (void *)(a + i * PAGE_SIZE));
    check_eq(again(mm_madvise(scene_mm(s), a, 4 * PAGE_SIZE, MADV_DONTNEED)), 0);
    actor_run(s, 0, read_word, (void *)a);
    pte_t before = scene_pte(scene_mm(s), d.page);
    check(pte_present(before) && !pte_young(before));

    race_action(R46, let_it_read, &d);
    actor_start(s, 1, read_when_told, &d);
    actor_run(s, 0, hide, &d);
    pte_t after = scene_pte(scene_mm(s), d.page);
    check(entry_hidden(after));
    check(pte_software_payload(after) & HIDDEN_YOUNG);
    scene_join(s);
    check_eq(again(mm_munmap(scene_mm(s), a, 4 * PAGE_SIZE)), 0);
    scene_file_free(file);
    scene_end(s);
}
