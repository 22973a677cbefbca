/*
 * R57: a page that a program provides (userfaultfd) comes in the moment between the fault's look, which found
 * it missing, and the fault's sleep. Whoever provided it has woken nobody; nobody will come again.
 *
 *   T1: the page is missing; lets everything go      T1@R57, not queued
 *   main: the page is there; wakes who waits for it: nobody
 *   T1: must not begin to wait
 */
#include "lib/errno.h"
#include "mm/fault/userfault.h"
#include "tests/scenario.h"

/* Memory that the test provides: page i begins with VALUE + i. */
#define VALUE 0x57000u

struct watched {
    struct userfault *uf;
    vaddr_t start;
    u32 pages;
    atomic_t ended; /* of the free run: readers that have seen all */
};

static void watch(struct scene *s, struct watched *w, u32 pages, u32 vm_flags)
{
    w->pages = pages;
    w->start = scene_mmap(s, pages, vm_flags);
    w->uf = obtain(userfault_create(scene_mm(s), false));
    assert(w->uf);
    atomic_set(&w->ended, 0);
    check_eq(again(userfault_register(w->uf, w->start, w->start + pages * PAGE_SIZE)), 0);
}

static struct page *page_with(u32 value)
{
    struct page *page = obtain(page_alloc(GFP_USER | GFP_ZERO));
    u32 *words;

    assert(page);
    words = page_map(page);
    words[0] = value;
    page_unmap(words);
    return page;
}

/* 0, or -EEXIST; whoever waits for it is woken in both cases. */
static int provide(struct watched *w, u32 i)
{
    vaddr_t addr = w->start + i * PAGE_SIZE;
    struct page *page = page_with(VALUE + i);
    int error = again(userfault_fill(w->uf, addr, page));

    page_put(page);
    userfault_wake(w->uf, addr, addr + PAGE_SIZE);
    return error;
}

static void load_first(void *arg)
{
    struct watched *w = arg;

    check_eq(user_load(w->start), VALUE);
}

static void answered_before_it_waits(u32 vm_flags)
{
    struct scene *s = scene_begin();
    struct watched w;

    watch(s, &w, 1, vm_flags);
    scene_stop(s, R57);
    struct actor *reader = actor_start(s, 1, load_first, &w);
    if (scene_wait_caught(s, R57)) {
        check_eq(provide(&w, 0), 0);
        scene_release(s, R57);
    }
    actor_join(s, reader);
    check(!userfault_is_asked(w.uf));
    check_eq(provide(&w, 0), -EEXIST);
    userfault_close(w.uf);
    scene_end(s);
}

TEST(r57_lost_answer, .cpus = 2, .limit_ticks = 1500,
     .shows = "a page that is provided between a fault's look and its sleep does not leave it asleep")
{
    answered_before_it_waits(VM_RW);
}

TEST(r57_lost_answer_shared, .cpus = 2, .limit_ticks = 1500,
     .shows = "the same, where the page goes into a file that is shared")
{
    answered_before_it_waits(VM_RW | VM_SHARED);
}

/* ---- nobody answers any more ---- */

static void load_zero(void *arg)
{
    struct watched *w = arg;

    check_eq(user_load(w->start), 0);
}
static void load_and_die(void *arg)
{
    struct watched *w = arg;
    u32 value;

    check_eq(again(user_load_u32(w->start, &value)), -EFAULT);
    check(task_is_killed(current));
    check_eq(held_count(&current->locks), 0);
}

TEST(r57_nobody_answers, .cpus = 2, .limit_ticks = 3000,
     .shows =
         "a fault that waits for a program can be killed; when the program gives up, it goes on as anywhere")
{
    struct scene *s = scene_begin();
    struct userfault_question question;
    struct watched w;

    watch(s, &w, 1, VM_RW);
    struct actor *killed = actor_start(s, 1, load_and_die, &w);
    actor_settle(killed);
    check(!actor_is_done(killed));
    check(userfault_next(w.uf, &question) && question.address == w.start && !question.write);
    check(!userfault_is_asked(w.uf));
    task_kill(actor_task(killed));
    actor_join(s, killed);

    struct actor *waits = actor_start(s, 1, load_zero, &w);
    actor_settle(waits);
    check(userfault_is_asked(w.uf));
    scene_stop(s, R57);
    struct actor *begins = actor_start(s, 0, load_zero, &w);
    if (scene_wait_caught(s, R57))
        userfault_close(w.uf);
    scene_release(s, R57);
    actor_join(s, begins);
    actor_join(s, waits);
    scene_end(s);
}

/* ---- a free run ---- */

#define READERS 3u

static void load_all(void *arg)
{
    struct watched *w = arg;

    for (u32 i = 0; i < w->pages; i++)
        check_eq(user_load(w->start + i * PAGE_SIZE), VALUE + i);
    if (atomic_inc(&w->ended) == (int)READERS)
        wake_all(userfault_readers(w->uf));
}

/* A question, or (false) all have ended. */
static bool next_question(struct watched *w, struct userfault_question *question)
{
    bool asked = false;

    wait_event(userfault_readers(w->uf),
               (asked = userfault_next(w->uf, question)) || atomic_read(&w->ended) == (int)READERS);
    return asked;
}

/* Every other page comes unasked, from a task of its own: while the readers ask for that very page. */
static void provide_unasked(void *arg)
{
    struct watched *w = arg;

    for (u32 i = 1; i < w->pages; i += 2)
        (void)provide(w, i);
}
static void provide_when_asked(void *arg)
{
    struct watched *w = arg;
    struct userfault_question question;

    while (next_question(w, &question))
        (void)provide(w, (question.address - w->start) >> PAGE_SHIFT);
}

static void free_run(u32 vm_flags)
{
    struct scene *s = scene_begin();
    struct watched w;

    watch(s, &w, scene_count(200, 2), vm_flags);
    actor_start(s, 3, provide_when_asked, &w);
    for (u32 i = 0; i < READERS; i++)
        actor_start(s, i, load_all, &w);
    actor_start(s, 2, provide_unasked, &w);
    scene_join(s);
    check(!userfault_is_asked(w.uf));
    userfault_close(w.uf);
    scene_end(s);
}

TEST(r57_readers_and_handler, .cpus = 2, .limit_ticks = 6000,
     .shows =
         "three readers, one handler and one who is ahead of it: each page comes once, everybody reads it")
{
    free_run(VM_RW);
    free_run(VM_RW | VM_SHARED);
}
