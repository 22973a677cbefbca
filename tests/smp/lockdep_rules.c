/* What must not be held at certain moments: at a sleep, at the way to user mode, at a free, at a wait for
 * other CPUs; and the two orders of the design that bit most often (R35, S17's mmap_lock). */
#include "mm/frame/page_lock.h"
#include "mm/kernel/slab.h"
#include "sync/crosscall.h"
#include "sync/mutex.h"
#include "tests/lock_mistakes.h"
#include "tests/scenario.h"

DEFINE_SPINLOCK(rules_lock, NONE);

TEST(lockdep_sleep_in_atomic,
     .shows = "whatever may sleep is reported under a spinlock, though it does not sleep this time")
{
    struct mutex m;

    mutex_init(&m, "slept_for", NONE);
    held_expect_begin();
    spin_lock(&rules_lock);
    mutex_lock(&m);
    mutex_unlock(&m);
    spin_unlock(&rules_lock);
    check_reported(LOCK_FAULT_SLEEP, "rules_lock", "holder that sleeps");
}

TEST(lockdep_user_return, .shows = "a lock left held on the way to user mode is reported")
{
    struct mutex m;

    if (!mistakes_are_watched())
        return;
    mutex_init(&m, "left_held", NONE);
    mutex_lock(&m);
    held_expect_begin();
    lockdep_check_user_return();
    check_reported(LOCK_FAULT_USER_RETURN, "left_held", "may never come back");
    mutex_unlock(&m);
    held_expect_begin();
    lockdep_check_user_return();
    check_not_reported();
}

TEST(lockdep_freed_while_held, .shows = "memory that is freed with a held lock in it is reported")
{
    struct mutex *m = obtain(kmalloc(sizeof *m, GFP_KERNEL));

    assert(m != NULL);
    mutex_init(m, "freed_lock", NONE);
    if (!mistakes_are_watched()) {
        kfree(m);
        return;
    }
    mutex_lock(m);
    held_expect_begin();
    kfree(m);
    check_reported(LOCK_FAULT_FREED, "freed_lock", "are freed at");
    held_forget(m); /* only the note: the memory is the slab's again */
}

static void nothing(void *arg) {}

TEST(lockdep_wait_for_cpus_with_lock, .cpus = 2,
     .shows = "waiting for other CPUs with a spinlock held is reported (R41)")
{
    struct cpumask others = {{0}};

    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        cpumask_set(&others, cpu);
    held_expect_begin();
    spin_lock(&rules_lock);
    crosscall(&others, nothing, NULL);
    spin_unlock(&rules_lock);
    check_reported(LOCK_FAULT_CROSSCALL, "rules_lock", "waits for other CPUs");
}

static lock_implementation void map_lock_under_page_lock(void *arg)
{
    struct mm *mm = arg;
    struct page *page = obtain(page_alloc(GFP_USER));

    assert(page != NULL);
    held_expect_begin();
    page_lock(page);
    rwsem_read_lock(&mm->mmap_lock);
    rwsem_read_unlock(&mm->mmap_lock);
    page_unlock(page);
    check_reported(LOCK_FAULT_RANK, "page_lock", "mmap_lock");
    page_put(page);
}

TEST(r35_page_lock_inversion,
     .shows = "mmap_lock wanted with a page lock held is reported, though nobody waits (R35)")
{
    if (!mistakes_are_watched())
        return;
    struct scene *s = scene_begin();

    actor_run(s, 0, map_lock_under_page_lock, scene_mm(s));
    scene_end(s);
}

static lock_implementation void copy_under_page_lock(void *arg)
{
    struct page *page = obtain(page_alloc(GFP_USER));
    u32 value;

    assert(page != NULL);
    user_store((vaddr_t)arg, 1); /* present: this time nothing faults */
    page_lock(page);
    held_expect_begin();
    int error = again(user_load_u32((vaddr_t)arg, &value));
    check_reported(LOCK_FAULT_USER_ACCESS, "page_lock", "user memory is touched at");
    check_eq(error, 0);
    page_unlock(page);
    page_put(page);
}

TEST(lockdep_user_access,
     .shows = "a user copy with a page lock held is reported, though it does not fault this time (R35)")
{
    if (!mistakes_are_watched())
        return;
    struct scene *s = scene_begin();
    vaddr_t page = scene_mmap(s, 1, VM_RW);

    actor_run(s, 0, copy_under_page_lock, (void *)page);
    scene_end(s);
}
