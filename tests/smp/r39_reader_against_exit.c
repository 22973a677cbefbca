/*
 * R39: somebody looks into the memory of a program (/proc/PID/mem, a dump) while its last task exits. He
 * keeps the struct; the contents stay only for those whom `users` counts.
 *
 *   T1: mm_visit_begin -> T1@R39, inside
 *   the owner: mm_put_user, the last but him
 *   T1: mm_access -> what the owner had written; mm_visit_end takes the contents down
 */
#include "mm/fault/fault.h"
#include "tests/scenario.h"

#define WRITTEN 0x5eed0039u

struct visit {
    struct mm *mm;
    vaddr_t page;
    u32 moved, word;
};

static void write_there(void *arg)
{
    struct visit *v = arg;

    user_store(v->page, WRITTEN);
}
static void look_into(void *arg)
{
    struct visit *v = arg;

    check(mm_visit_begin(v->mm));
    v->moved = obtain(mm_access(v->mm, v->page, &v->word, sizeof v->word, ACCESS_READ));
    mm_visit_end(v->mm);
}
static void look_too_late(void *arg)
{
    struct visit *v = arg;

    check(!mm_visit_begin(v->mm) || mutant(R39));
}

TEST(r39_reader_against_exit, .cpus = 2,
     .shows = "the memory stays while somebody from outside looks into it, and goes when he leaves")
{
    struct scene *s = scene_begin();
    struct visit v = {.mm = obtain(mm_create())};
    struct mmap_request request = {.length = PAGE_SIZE, .vm_flags = VM_RW};

    assert(v.mm);
    v.page = (vaddr_t)again(mm_mmap(v.mm, &request));
    actor_join(s, actor_start_in(s, v.mm, 1, write_there, &v));
    mm_get(v.mm); /* as an open file keeps it */
    scene_stop(s, R39);
    struct actor *visitor = actor_start(s, 0, look_into, &v);
    if (scene_wait_caught(s, R39)) {
        mm_put_user(v.mm);
        scene_release(s, R39);
    }
    actor_join(s, visitor);
    check_eq(v.moved, sizeof v.word);
    check_eq(v.word, WRITTEN);
    actor_run(s, 1, look_too_late, &v);
    mm_put(v.mm);
    scene_end(s);
}
