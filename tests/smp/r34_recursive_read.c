/*
 * R34: one task read-locks mmap_lock twice; a writer queues between. The second read lock waits behind the
 * writer, the writer for the first read lock: nobody moves. So readers queue fairly, and the second lock is
 * refused at its first try, writer or not.
 *
 *   T1: read lock                        read lock (waits for T2's turn)
 *   T2:            write lock (waits for T1)
 */
#include "sync/held_internal.h"
#include "sync/rwsem.h"
#include "tests/scenario.h"

static lock_implementation void lock_twice(void *arg)
{
    struct rwsem *lock = arg;

    held_expect_begin();
    rwsem_read_lock(lock);
    rwsem_read_lock(lock);
    check_eq(held_expect_end(), 1);
    rwsem_read_unlock(lock);
    rwsem_read_unlock(lock);
}
TEST(r34_recursive_read,
     .shows = "a second read lock by one task is reported at once, before any writer comes")
{
    struct scene *s = scene_begin();

    actor_run(s, 0, lock_twice, &scene_mm(s)->mmap_lock);
    scene_end(s);
}

static lock_implementation void write_once(void *arg)
{
    struct rwsem *lock = arg;

    rwsem_write_lock(lock);
    rwsem_write_unlock(lock);
}
TEST(r34_reader_behind_writer, .cpus = 2,
     .shows = "a reader that comes while a writer waits does not pass it")
{
    struct scene *s = scene_begin();
    struct rwsem *lock = &scene_mm(s)->mmap_lock;

    rwsem_read_lock(lock);
    struct actor *writer = actor_start(s, 1, write_once, lock);
    actor_settle(writer);
    check(!actor_is_done(writer));
    bool passed = rwsem_read_try_lock(lock);
    check(!passed);
    if (passed)
        rwsem_read_unlock(lock);
    rwsem_read_unlock(lock);
    scene_end(s);
}
