/* The watchdog's sentence (sched/wait_chain.c): three tasks, each of which waits for the next, and a read
 * that nobody ends. */
#include "lib/string.h"
#include "mm/frame/page_lock.h"
#include "sched/sched.h"
#include "sync/completion.h"
#include "sync/rwsem.h"
#include "tests/scenario.h"

struct chain {
    struct rwsem outer;
    struct page *page;
    struct completion read;
};
static void hold_page(void *arg)
{
    struct chain *c = arg;

    page_lock(c->page);
    completion_wait(&c->read);
    page_unlock(c->page);
}
static lock_implementation void hold_outer(void *arg)
{
    struct chain *c = arg;

    rwsem_write_lock(&c->outer);
    page_lock(c->page);
    page_unlock(c->page);
    rwsem_write_unlock(&c->outer);
}
static lock_implementation void want_outer(void *arg)
{
    struct chain *c = arg;

    rwsem_read_lock(&c->outer);
    rwsem_read_unlock(&c->outer);
}

TEST(
    sched_wait_chain, .cpus = 2, .limit_ticks = 1500,
    .shows =
        "the watchdog's sentence follows a waiter down to what nobody holds, each link with its lock and its holder")
{
    struct chain c = {.page = page_alloc(GFP_USER)};
    struct scene *s = scene_begin();
    char text[640];

    assert(c.page != NULL);
    rwsem_init(&c.outer, "chain_outer", NONE);
    completion_init(&c.read);
    actor_settle(actor_start(s, 0, hold_page, &c));
    actor_settle(actor_start(s, 1, hold_outer, &c));
    struct actor *last = actor_start(s, 0, want_outer, &c);
    actor_settle(last);
    sched_wait_chain(actor_task(last), text, sizeof text);
    test_note("%s", text);
    const char *outer = strstr(text, "waits for chain_outer"), *page = strstr(text, "waits for page_lock");
    const char *read = strstr(text, "waits for &c.read"), *end = strstr(text, "no task holds");
    check(outer && page && read && end);
    check(outer < page && page < read && read < end);
    complete(&c.read);
    while (!actor_is_done(last))
        task_yield();
    scene_end(s);
    page_put(c.page);
}
