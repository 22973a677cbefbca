/* R01: two CPUs fault one empty entry. The second to come installs nothing and gives its frame back. */
#include "diag/counters.h"
#include "tests/scenario.h"

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

TEST(r01_same_empty_pte, .cpus = 2,
     .shows = "of two faults on one empty entry one installs, the other gives its frame back")
{
    struct scene *s = scene_begin();
    void *page = (void *)scene_mmap(s, 1, VM_RW);
    u32 lost_before = counter_sum(COUNT_recheck_lost_pte);

    bool overlapped = scene_overtake(s, R01, store_first_word, store_second_word, page);
    actor_run(s, 0, check_both_words, page);
    check_eq(counter_sum(COUNT_recheck_lost_pte) - lost_before, overlapped);
    scene_end(s);
}
