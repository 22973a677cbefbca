/* Mutex and rwsem: exclusion, hand-off in order, and what a kill leaves behind: nothing. */
#include "sync/mutex.h"
#include "sync/rwsem.h"
#include "tests/host/sync_crew.h"
#include "tests/test.h"

#define ROUNDS 4u

struct arena {
    struct mutex mutex;
    struct rwsem rwsem;
    u32 value, twin; /* equal whenever nobody writes */
    u32 order, got[CREW_MAX];
    u32 readers, most_readers;
};

static struct arena *arena_new(void)
{
    static struct arena a;

    a = (struct arena){.value = 0};
    mutex_init(&a.mutex, "test_mutex", NONE);
    rwsem_init(&a.rwsem, "test_rwsem", NONE);
    return &a;
}

static void write_both(struct arena *a)
{
    u32 seen = READ_ONCE(a->value);

    choice_point(&a->value);
    WRITE_ONCE(a->value, seen + 1);
    choice_point(&a->twin);
    WRITE_ONCE(a->twin, seen + 1);
}
static void read_both(struct arena *a)
{
    u32 one = READ_ONCE(a->value);

    choice_point(&a->twin);
    check_eq(READ_ONCE(a->twin), one);
}

static void mutex_writer(void *arg)
{
    struct arena *a = arg;

    for (u32 i = 0; i < ROUNDS; i++) {
        mutex_lock(&a->mutex);
        check(mutex_is_held(&a->mutex) && mutex_owner(&a->mutex) == current);
        write_both(a);
        mutex_unlock(&a->mutex);
    }
}

TEST(sync_mutex_excludes, .cpus = 3, .shows = "under a mutex no increment is lost, and it ends up free")
{
    struct arena *a = arena_new();
    struct crew crew = {.n = 0};

    for (u32 i = 0; i < 3; i++)
        crew_add(&crew, i, mutex_writer, a);
    crew_join(&crew);
    check_eq(a->value, 3 * ROUNDS);
    check_eq(a->mutex.word, 0);
}

static void mutex_note_turn(void *arg)
{
    struct arena *a = arg;

    mutex_lock(&a->mutex);
    a->got[a->order++] = (u32)current->pid;
    mutex_unlock(&a->mutex);
}

TEST(sync_mutex_fifo, .cpus = 2,
     .shows = "a mutex is handed over in the order of arrival, and nobody passes the queue")
{
    struct arena *a = arena_new();
    struct crew crew = {.n = 0};
    u32 pids[3];

    mutex_lock(&a->mutex);
    for (u32 i = 0; i < 3; i++) {
        struct task *task = crew_add(&crew, i, mutex_note_turn, a);
        pids[i] = (u32)task->pid;
        crew_await_sleep(task);
    }
    mutex_unlock(&a->mutex);
    check(!mutex_try_lock(&a->mutex) || a->order == 3);
    if (mutex_is_held(&a->mutex))
        mutex_unlock(&a->mutex);
    crew_join(&crew);
    for (u32 i = 0; i < 3; i++)
        check_eq(a->got[i], pids[i]);
}

static void rwsem_writer(void *arg)
{
    struct arena *a = arg;

    for (u32 i = 0; i < ROUNDS; i++) {
        rwsem_write_lock(&a->rwsem);
        check(rwsem_is_held_write(&a->rwsem));
        write_both(a);
        if (i % 2) {
            rwsem_downgrade(&a->rwsem);
            check(rwsem_is_held(&a->rwsem) && !rwsem_is_held_write(&a->rwsem));
            read_both(a);
            rwsem_read_unlock(&a->rwsem);
        } else {
            rwsem_write_unlock(&a->rwsem);
        }
    }
}
static void rwsem_reader(void *arg)
{
    struct arena *a = arg;

    for (u32 i = 0; i < ROUNDS; i++) {
        if (i % 2 || !rwsem_read_try_lock(&a->rwsem))
            rwsem_read_lock(&a->rwsem);
        read_both(a);
        rwsem_read_unlock(&a->rwsem);
    }
}

TEST(sync_rwsem_excludes, .cpus = 3,
     .shows = "readers of a rwsem never see a write half done, downgraded or not")
{
    struct arena *a = arena_new();
    struct crew crew = {.n = 0};

    crew_add(&crew, 0, rwsem_writer, a);
    crew_add(&crew, 1, rwsem_reader, a);
    crew_add(&crew, 2, rwsem_writer, a);
    crew_add(&crew, 2, rwsem_reader, a);
    crew_join(&crew);
    check_eq(a->value, 2 * ROUNDS);
    check_eq(atomic_read(&a->rwsem.count), 0);
}

static void rwsem_wait_killable(void *arg)
{
    struct arena *a = arg;

    check_eq(rwsem_write_lock_killable(&a->rwsem), -EINTR);
    a->got[0]++;
}
static void rwsem_read_once(void *arg)
{
    struct arena *a = arg;

    rwsem_read_lock(&a->rwsem);
    a->got[1]++;
    rwsem_read_unlock(&a->rwsem);
}

TEST(sync_rwsem_killed, .cpus = 2,
     .shows = "a writer killed in the queue leaves, and the readers behind it come in")
{
    struct arena *a = arena_new();
    struct crew crew = {.n = 0};

    rwsem_read_lock(&a->rwsem);
    struct task *writer = crew_add(&crew, 1, rwsem_wait_killable, a);
    crew_await_sleep(writer);
    struct task *reader = crew_add(&crew, 1, rwsem_read_once, a);
    crew_await_sleep(reader);
    check_eq(a->got[1], 0);
    task_kill(writer);
    task_join(reader); /* while we hold our read lock */
    check_eq(a->got[1], 1);
    crew_join(&crew);
    check_eq(a->got[0], 1);
    rwsem_read_unlock(&a->rwsem);
    check_eq(atomic_read(&a->rwsem.count), 0);
}

static void mutex_wait_killable(void *arg)
{
    struct arena *a = arg;
    int error = mutex_lock_killable(&a->mutex);

    if (error == 0)
        mutex_unlock(&a->mutex);
    else
        check_eq(error, -EINTR);
}

TEST(sync_mutex_killed, .cpus = 2,
     .shows = "a kill and an unlock at the same moment: the mutex is free afterwards either way")
{
    struct arena *a = arena_new();
    struct crew crew = {.n = 0};

    mutex_lock(&a->mutex);
    struct task *waiter = crew_add(&crew, 1, mutex_wait_killable, a);
    crew_await_sleep(waiter);
    task_kill(waiter);
    mutex_unlock(&a->mutex);
    crew_join(&crew);
    check_eq(a->mutex.word, 0);
}
