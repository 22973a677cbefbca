/* Scenes and actors: see tests/scenario.h. Written against the kernel's contracts alone, so it serves both
 * worlds. */
#include "tests/scenario.h"
#include "mm/fault/faultlock.h"
#include "mm/frame/frames.h"
#include "mm/kernel/slab.h"
#include "mm/space/commit.h"
#include "sched/task.h"
#include "sync/completion.h"
#include "sync/rcu.h"

struct actor {
    struct task *task;
    struct mm *mm;
    actor_script script;
    void *arg;
    u32 done;
    struct actor *next; /* in its scene */
};

struct scene {
    struct mm *mm;
    struct actor *actors;
    u32 frames_before;   /* that are in use outside of slabs and the kernel window, which keep stocks of their
                            own */
    u32 promised_before; /* pages (mm/space/commit.h) */
};

struct scene *scene_begin(void)
{
    struct scene *s = obtain(kmalloc(sizeof *s, GFP_KERNEL));

    assert(s != NULL);
    s->actors = NULL;
    s->frames_before = frames_users();
    s->promised_before = commit_promised();
    s->mm = obtain(mm_create());
    assert(s->mm != NULL);
    return s;
}

struct mm *scene_mm(struct scene *s)
{
    return s->mm;
}

static vaddr_t map(struct scene *s, struct mapping *file, u32 pages, u32 vm_flags)
{
    struct mmap_request request = {
        .length = pages * PAGE_SIZE,
        .vm_flags = vm_flags | VM_MAYWRITE,
        .mapping = file,
    };
    s32 addr = again(mm_mmap(s->mm, &request));

    if (addr < 0 && addr >= -4095)
        test_fail(__FILE__, __LINE__, "mm_mmap of %u pages: error %d", pages, addr);
    return (vaddr_t)addr;
}

vaddr_t scene_mmap(struct scene *s, u32 pages, u32 vm_flags)
{
    return map(s, NULL, pages, vm_flags);
}

vaddr_t scene_mmap_file(struct scene *s, struct mapping *file, u32 pages, u32 vm_flags)
{
    return map(s, file, pages, vm_flags);
}

vaddr_t scene_mmap_at(struct scene *s, vaddr_t addr, u32 pages, u32 vm_flags)
{
    struct mmap_request request = {
        .addr = addr, .length = pages * PAGE_SIZE, .vm_flags = vm_flags | VM_MAYWRITE, .how = MM_FIXED};
    s32 got = again(mm_mmap(s->mm, &request));

    check_eq((vaddr_t)got, addr);
    return addr;
}

void scene_join(struct scene *s)
{
    while (s->actors)
        actor_join(s, s->actors);
}

struct drain {
    struct rcu_head rcu;
    struct completion done;
};

static void drained(struct rcu_head *rcu)
{
    complete(&container_of(rcu, struct drain, rcu)->done);
}

/* Waits until all that was left to a grace period is done. Calls run in batches, and in no order within one:
 * the first of ours may be in one batch with what we wait for, the second is in a later one. */
void scene_drain(void)
{
    for (int batch = 0; faultlock.lock_free && batch < 2; batch++) {
        struct drain drain;
        completion_init(&drain.done);
        rcu_call(&drain.rcu, drained);
        completion_wait(&drain.done);
    }
}

void scene_end(struct scene *s)
{
    race_reset();
    scene_join(s);
    scene_check_tables(s->mm);
    mm_put_user(s->mm);
    scene_drain();
    check_eq(frames_users(), s->frames_before);
    check_eq(commit_promised(), s->promised_before);
    kfree(s);
}

/* ---- actors ---- */

static void actor_entry(void *arg)
{
    struct actor *a = arg;

    mm_switch_task(a->mm);
    a->script(a->arg);
    mm_leave_task();
    WRITE_ONCE(a->done, 1);
}

struct actor *actor_start_in(struct scene *s, struct mm *mm, u32 cpu, actor_script script, void *arg)
{
    struct actor *a = obtain(kmalloc(sizeof *a, GFP_KERNEL));

    assert(a != NULL);
    *a = (struct actor){.mm = mm, .script = script, .arg = arg, .next = s->actors};
    s->actors = a;
    mm_get_user(mm);
    a->task = obtain(task_create_kernel("actor", actor_entry, a));
    assert(a->task != NULL);
    task_pin(a->task, cpu % cpu_count());
    task_start(a->task);
    return a;
}

struct actor *actor_start(struct scene *s, u32 cpu, actor_script script, void *arg)
{
    return actor_start_in(s, s->mm, cpu, script, arg);
}

void actor_join(struct scene *s, struct actor *a)
{
    struct actor **link = &s->actors;

    while (*link != a)
        link = &(*link)->next;
    *link = a->next;
    task_join(a->task);
    task_put(a->task);
    kfree(a);
}

void actor_run(struct scene *s, u32 cpu, actor_script script, void *arg)
{
    actor_join(s, actor_start(s, cpu, script, arg));
}

bool actor_is_done(const struct actor *a)
{
    return READ_ONCE(a->done);
}
struct task *actor_task(const struct actor *a)
{
    return a->task;
}

/* Asleep on a lock or a queue, switch away complete: it moves again only when somebody lets it. One that was
 * preempted on its way to sleep is still on a run queue, and moves by itself; so does one that was refused
 * memory and waits for a grace period. */
static bool actor_is_asleep(const struct actor *a)
{
    return READ_ONCE(a->task->state) != TASK_RUNNING && !READ_ONCE(a->task->on_cpu) &&
           !READ_ONCE(a->task->on_rq) && !READ_ONCE(a->task->waits_for_memory);
}

void actor_settle(struct actor *a)
{
    while (!actor_is_done(a) && !race_has_caught(a->task) && !actor_is_asleep(a))
        task_yield();
}

/* ---- race points ---- */

void scene_stop(struct scene *s, enum race_id id)
{
    race_trap(id, NULL);
}

/* Nobody can arrive any more once every actor is done. */
static bool all_done(const struct scene *s)
{
    for (const struct actor *a = s->actors; a; a = a->next)
        if (!actor_is_done(a))
            return false;
    return true;
}

bool scene_try_wait_caught(struct scene *s, enum race_id id)
{
    while (!race_is_caught(id)) {
        if (all_done(s))
            return race_is_caught(id);
        task_yield();
    }
    return true;
}

bool scene_wait_caught(struct scene *s, enum race_id id)
{
    bool caught = scene_try_wait_caught(s, id);

    if (!caught)
        test_fail(__FILE__, __LINE__, "no actor passed race point R%02d", id);
    return caught;
}

void scene_release(struct scene *s, enum race_id id)
{
    race_release(id);
}

bool scene_overtake(struct scene *s, enum race_id id, actor_script first, actor_script second, void *arg)
{
    bool overtaken = false;

    scene_stop(s, id);
    struct actor *a = actor_start(s, 0, first, arg);
    if (scene_wait_caught(s, id)) {
        struct actor *b = actor_start(s, 1, second, arg);
        actor_settle(b);
        overtaken = actor_is_done(b);
        scene_release(s, id);
        actor_join(s, b);
    }
    actor_join(s, a);
    return overtaken;
}
