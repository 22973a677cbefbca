/*
 * R52, S03: kernel memory made on one CPU is used by the others, each in another address space, the moment
 * its address is published.
 */
#include "mm/kernel/kvalloc.h"
#include "tests/scenario.h"

#define WORDS_PER_PAGE (PAGE_SIZE / 4)
#define ZONE_BYTES     (8u << 20) /* spans two or three directory entries */

struct zone {
    u32 *words;
};

static void check_zone(void *arg)
{
    struct zone *zone = arg;
    u32 *words;

    while ((words = load_acquire(&zone->words)) == NULL)
        cpu_relax();
    for (u32 page = 0; page < ZONE_BYTES / PAGE_SIZE; page++)
        if (words[page * WORDS_PER_PAGE] != page)
            test_fail(__FILE__, __LINE__, "page %u holds %u", page, words[page * WORDS_PER_PAGE]);
}

TEST(r52_kernel_directory_entries, .cpus = 2,
     .shows = "memory that kvalloc publishes is mapped in every address space")
{
    struct scene *s = scene_begin();
    struct zone zone = {.words = NULL};
    struct mm *spaces[MAX_CPUS];

    for (u32 cpu = 1; cpu < cpu_count(); cpu++) {
        spaces[cpu] = obtain(mm_create());
        actor_start_in(s, spaces[cpu], cpu, check_zone, &zone);
    }
    u32 *words = obtain(kvalloc(ZONE_BYTES, "r52", 0));
    check(words != NULL);
    if (words) {
        for (u32 page = 0; page < ZONE_BYTES / PAGE_SIZE; page++)
            words[page * WORDS_PER_PAGE] = page;
        store_release(&zone.words, words);
    }
    for (u32 cpu = 1; cpu < cpu_count(); cpu++)
        mm_put_user(spaces[cpu]);
    scene_end(s);
    kvfree(words);
}
