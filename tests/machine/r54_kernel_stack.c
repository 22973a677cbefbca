/*
 * R54: the kernel stack of the task that is switched to lies behind a page table that the loaded directory
 * does not name yet (pdesync=lazy-fault). The fault for it must be taken before the switch, on a stack that
 * is there: after it there is no stack to report it on, and the processor makes a double fault of it.
 *
 * A task of an old address space runs on CPU 1; a kernel task, whose stack is newer than that space, is
 * switched to while the old directory is loaded (it borrows whatever is).
 */
#include "arch/x86/pdesync.h"
#include "mm/kernel/kvalloc.h"
#include "tests/scenario.h"

#define FILL_MAX 4096u

static void note_it_ran(void *arg)
{
    store_release((u32 *)arg, 1u);
}

struct old_space {
    u32 runs; /* its task runs on CPU 1, on a stack that its directory knows */
    u32 ran;  /* the kernel task has run there, too */
};

static void run_until_it_ran(void *arg)
{
    struct old_space *o = arg;

    store_release(&o->runs, 1u);
    while (!load_acquire(&o->ran))
        task_yield();
}

static bool is_known(struct mm *mm, const void *va)
{
    return pte_present(mm->space.dir[pde_index((vaddr_t)(uintptr_t)va)]);
}

/* A task whose stack the old directory has no table for; what stands in the way of that goes to `filled`. */
static struct task *task_on_new_stack(struct mm *old, u32 *ran, void **filled, u32 *n)
{
    kvalloc_purge(); /* no stack in stock: the next one comes out of the window */
    for (; *n < FILL_MAX; ++*n) {
        filled[*n] = obtain(kvmap_device(0xFE000000u, KSTACK_SIZE, "r54"));
        if (!filled[*n] || pdesync != PDESYNC_LAZY_FAULT || !is_known(old, filled[*n]))
            break;
    }
    return task_create_kernel("on a new stack", note_it_ran, ran);
}

TEST(r54_kernel_stack, .cpus = 2, .limit_ticks = 6000,
     .shows = "a switch to a kernel stack that the loaded directory lacks faults before it, and not on it")
{
    static void *filled[FILL_MAX + 1];
    struct scene *s = scene_begin();
    struct old_space o = {0, 0};
    struct cpumask everywhere = {{0}};
    u32 n = 0;

    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        cpumask_set(&everywhere, cpu);
    /* Away from CPU 1: what we touch there would be added to the old directory, which we would have borrowed.
     */
    check_eq(task_set_affinity(current, cpumask_of(0)), 0);
    actor_start(s, 1, run_until_it_ran, &o);
    while (!load_acquire(&o.runs))
        task_yield();
    struct task *task = task_on_new_stack(scene_mm(s), &o.ran, filled, &n);

    check(task != NULL);
    if (pdesync == PDESYNC_LAZY_FAULT)
        check(!is_known(scene_mm(s), task->kstack)); /* or this shows nothing */
    task_pin(task, 1);
    task_start(task);
    task_join(task);
    task_put(task);
    check_eq(task_set_affinity(current, everywhere), 0);
    scene_end(s);
    for (u32 i = 0; i <= n && i <= FILL_MAX; i++)
        kvfree(filled[i]);
    kvalloc_purge();
}
