/*
 * R37: readers come without end, and a writer never gets in; or writers do, and no fault gets on. The rwsem
 * is served in the order of arrival, so both waits are bounded, and the bound is counted here: how many
 * others were served while one stood in the queue.
 */
#include "sync/rwsem.h"
#include "tests/scenario.h"

#define READERS       8u
#define WRITERS       2u
#define READER_ROUNDS 300u
#define WRITER_ROUNDS 60u

struct flood {
    struct rwsem lock;
    u32 reads, writes; /* (a) locks taken so far */
    u32 turn, order[2];
};
struct place {
    struct flood *flood;
    bool queued;
    u32 at_reads, at_writes; /* what had been taken when we joined the queue */
    u32 longest;
};
static struct place places[READERS + WRITERS];

/* Called in the queueing task, once it is in the queue and before it sleeps. */
static void note_place(void *unused)
{
    struct place *me = current->private;

    if (me < places || me >= places + READERS + WRITERS)
        return; /* some other rwsem's */
    me->queued = true;
    me->at_reads = __atomic_load_n(&me->flood->reads, __ATOMIC_SEQ_CST);
    me->at_writes = __atomic_load_n(&me->flood->writes, __ATOMIC_SEQ_CST);
}

/* A reader waits for writers only; others that read beside it do not count. A writer waits for everybody. */
static void note_turn(struct place *me, bool writer)
{
    u32 passed = __atomic_load_n(&me->flood->writes, __ATOMIC_SEQ_CST) - me->at_writes;

    if (writer)
        passed += __atomic_load_n(&me->flood->reads, __ATOMIC_SEQ_CST) - me->at_reads;
    if (me->queued)
        me->longest = MAX(me->longest, passed);
    __atomic_fetch_add(writer ? &me->flood->writes : &me->flood->reads, 1, __ATOMIC_SEQ_CST);
    me->queued = false;
}

static lock_implementation void read_often(void *arg)
{
    struct place *me = current->private = arg;

    for (u32 i = 0; i < READER_ROUNDS; i++) {
        rwsem_read_lock(&me->flood->lock);
        note_turn(me, false);
        if (i % 16 == 0)
            task_yield(); /* with the lock held: so that there always is a reader */
        rwsem_read_unlock(&me->flood->lock);
    }
    current->private = NULL;
}
static lock_implementation void write_often(void *arg)
{
    struct place *me = current->private = arg;

    for (u32 i = 0; i < WRITER_ROUNDS; i++) {
        rwsem_write_lock(&me->flood->lock);
        note_turn(me, true);
        rwsem_write_unlock(&me->flood->lock);
        task_yield();
    }
    current->private = NULL;
}

static u32 longest_of(const struct place *from, u32 n)
{
    u32 longest = 0;

    for (u32 i = 0; i < n; i++)
        longest = MAX(longest, from[i].longest);
    return longest;
}

TEST(r37_bounded_waiting, .cpus = 2, .limit_ticks = 6000,
     .shows =
         "among readers and writers without end, each in the queue is passed by a bounded number of others")
{
    struct flood flood = {.reads = 0};
    struct scene *s = scene_begin();

    rwsem_init(&flood.lock, "flooded", NONE);
    for (u32 i = 0; i < READERS + WRITERS; i++)
        places[i] = (struct place){.flood = &flood};
    race_action(R37, note_place, NULL);
    struct actor *actor[READERS + WRITERS];
    for (u32 i = 0; i < READERS + WRITERS; i++)
        actor[i] = actor_start(s, i, i < READERS ? read_often : write_often, &places[i]);
    for (u32 i = 0; i < READERS + WRITERS; i++)
        actor_join(s, actor[i]);
    scene_end(s);
    u32 reader = longest_of(places, READERS), writer = longest_of(places + READERS, WRITERS);
    test_note("longest wait: a reader's %u writers, a writer's %u others, of %u readers and %u writers",
              reader, writer, READERS, WRITERS);
    /* The writers ahead of it, and one that had the lock but had not counted itself yet. */
    check(reader <= WRITERS + 1);
    /* Everybody else once, and those who had it and had not counted themselves. */
    check(writer <= 2 * (READERS + WRITERS));
    check_eq(flood.reads, READERS * READER_ROUNDS);
    check_eq(flood.writes, WRITERS * WRITER_ROUNDS);
}

static lock_implementation void note_order(void *arg)
{
    struct flood *f = arg;
    bool writer = current->private != NULL;

    if (writer)
        rwsem_write_lock(&f->lock);
    else
        rwsem_read_lock(&f->lock);
    f->order[f->turn++] = writer;
    if (writer)
        rwsem_write_unlock(&f->lock);
    else
        rwsem_read_unlock(&f->lock);
}
static void note_order_as_writer(void *arg)
{
    current->private = arg;
    note_order(arg);
    current->private = NULL;
}

TEST(r37_reader_does_not_pass, .cpus = 2, .limit_ticks = 1500,
     .shows = "a reader that comes after a waiting writer is served after it, though readers hold the lock")
{
    struct flood f = {.turn = 0};
    struct scene *s = scene_begin();

    rwsem_init(&f.lock, "flooded", NONE);
    rwsem_read_lock(&f.lock);
    struct actor *writer = actor_start(s, 1, note_order_as_writer, &f);
    actor_settle(writer);
    struct actor *reader = actor_start(s, 0, note_order, &f);
    actor_settle(reader);
    check(!actor_is_done(reader));
    rwsem_read_unlock(&f.lock);
    actor_join(s, reader);
    actor_join(s, writer);
    check_eq(f.order[0], true);
    scene_end(s);
}
