/* R05: two CPUs copy one shared page. Only one copy is installed; the other writer writes into it. */
#include "diag/counters.h"
#include "tests/scenario.h"

static void fill_page(void *page)
{
    user_store((vaddr_t)page, 7);
}
static void store_first_word(void *page)
{
    user_store((vaddr_t)page, 1);
}
static void store_second_word(void *page)
{
    user_store((vaddr_t)page + 4, 2);
}

static void check_both_words(void *page)
{
    check_eq(user_load((vaddr_t)page), 1);
    check_eq(user_load((vaddr_t)page + 4), 2);
}
static void check_child_unchanged(void *page)
{
    check_eq(user_load((vaddr_t)page), 7);
    check_eq(user_load((vaddr_t)page + 4), 0);
}

TEST(r05_cow_against_cow, .cpus = 2,
     .shows = "of two copies of one shared page one is installed and no store is lost")
{
    struct scene *s = scene_begin();
    void *page = (void *)scene_mmap(s, 1, VM_RW);

    actor_run(s, 0, fill_page, page);
    struct mm *child = obtain(mm_fork(scene_mm(s)));
    check(child != NULL);
    scene_overtake(s, R05, store_first_word, store_second_word, page);
    actor_run(s, 1, check_both_words, page);
    actor_join(s, actor_start_in(s, child, 1, check_child_unchanged, page));
    mm_put_user(child);
    scene_end(s);
}
