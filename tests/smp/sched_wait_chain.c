/* The watchdog's sentence (sched/wait_chain.c): three tasks, each of which waits for the next, and a read of
 * a file's page that nobody ends. */
#include "lib/string.h"
#include "sched/runq.h"
#include "sync/rwsem.h"
#include "tests/scenario.h"
#include "tests/slow_file.h"

#define PAGE_READ 2u
struct chain {
    struct rwsem outer;
    struct mapping *file;
};

static void read_page(struct chain *c)
{
    int error;
    struct page *page = obtain(mapping_read(c->file, PAGE_READ, &error));

    check(page != NULL);
    if (page)
        page_put(page);
}
static void read_it(void *arg)
{
    read_page(arg); /* with the page locked, until the read ends */
}
static lock_implementation void hold_outer(void *arg)
{
    struct chain *c = arg;

    rwsem_write_lock(&c->outer);
    read_page(c); /* waits for the page */
    rwsem_write_unlock(&c->outer);
}
static lock_implementation void want_outer(void *arg)
{
    struct chain *c = arg;

    rwsem_read_lock(&c->outer);
    rwsem_read_unlock(&c->outer);
}

/* Its words stand in the text in this order. */
static void check_says(const char *text, const char *const *words, u32 n)
{
    const char *at = text;

    for (u32 i = 0; i < n; i++) {
        const char *found = strstr(at, words[i]);
        if (!found) {
            test_fail(__FILE__, __LINE__, "no \"%s\" in its place in: %s", words[i], text);
            return;
        }
        at = found;
    }
}

static const char *const links[] = {"waits for chain_outer",
                                    "held by",
                                    "waits for page 0x2 of slow file",
                                    "held by",
                                    "for read ",
                                    "waits for &read.done",
                                    "no task holds",
                                    "must be signalled"};

/* Three wait for one another, and are hung as soon as the clock says so: a clock of our own. */
static void look(struct actor *const *a)
{
    char text[CHAIN_MAX];

    sched_wait_chain(actor_task(a[2]), text, sizeof text);
    test_note("%s", text);
    check_says(text, links, ARRAY_SIZE(links));
    for (u32 i = 0; i < 3; i++)
        check(!actor_task(a[i])->hang_reported);
    watchdog_look_for_hung(actor_task(a[2])->asleep_since - 1);
    check(!actor_task(a[2])->hang_reported); /* fell asleep while the list was looked through */
    watchdog_look_for_hung(actor_task(a[2])->asleep_since + 1000000000ull);
    check(!actor_task(a[2])->hang_reported); /* a second is no hang */
    atomic_bit_set(&actor_task(a[2])->flags, TASKF_STOPPED);
    watchdog_look_for_hung(actor_task(a[2])->asleep_since + 3600ull * 1000000000ull);
    check(!actor_task(a[2])->hang_reported); /* a person stopped it */
    atomic_bit_clear(&actor_task(a[2])->flags, TASKF_STOPPED);
    watchdog_look_for_hung(actor_task(a[2])->asleep_since + 3600ull * 1000000000ull);
    for (u32 i = 0; i < 3; i++)
        check(actor_task(a[i])->hang_reported);
}

TEST(
    sched_wait_chain, .cpus = 2, .limit_ticks = 1500,
    .shows =
        "a hang is told as a chain: who waits for which lock, held by whom, down to the page of the file and "
        "the read that does not end")
{
    struct chain c = {.file = slow_file_create(4, 0)};
    struct scene *s = scene_begin();
    struct actor *a[3];

    rwsem_init(&c.outer, "chain_outer", NONE);
    slow_file_hold(c.file, PAGE_READ);
    a[0] = actor_start(s, 0, read_it, &c);
    actor_settle(a[0]);
    a[1] = actor_start(s, 1, hold_outer, &c);
    actor_settle(a[1]);
    a[2] = actor_start(s, 0, want_outer, &c);
    actor_settle(a[2]);
    look(a);
    slow_file_let_go(c.file, PAGE_READ);
    scene_join(s);
    slow_file_free(c.file);
    scene_end(s);
}

static void hold_page(void *arg)
{
    page_lock(arg);
    page_unlock(arg);
}

TEST(sched_wait_chain_alive, .cpus = 2, .limit_ticks = 1500,
     .shows = "whoever waits for one that runs is not hung, however long it takes")
{
    struct page *page = obtain(page_alloc(GFP_USER));
    struct scene *s = scene_begin();
    char text[CHAIN_MAX];

    assert(page != NULL);
    page_lock(page);
    struct actor *a = actor_start(s, 1, hold_page, page);
    actor_settle(a);
    sched_wait_chain(actor_task(a), text, sizeof text);
    test_note("%s", text);
    check(strstr(text, "waits for page frame 0x") && strstr(text, "which runs on CPU"));
    watchdog_look_for_hung(actor_task(a)->asleep_since + 3600ull * 1000000000ull);
    check(!actor_task(a)->hang_reported);
    page_unlock(page);
    scene_join(s);
    scene_end(s);
    page_put(page);
}
