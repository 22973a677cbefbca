/* See interrupted.h. */
#include "tests/machine/interrupted.h"
#include "arch/atomic.h"
#include "tests/refusal.h"

static void run_until_stopped(void *arg)
{
    struct interrupted_program *program = arg;
    struct interrupted *all = program->all;

    atomic_inc(&all->running);
    for (u32 i = 0; !load_acquire(&all->stop); i++) {
        user_store(program->page, i);
        check_eq(user_load(program->page), i);
        if (i % 64 == 0)
            task_yield(); /* others share this CPU */
    }
}

static vaddr_t map_one(struct mm *mm)
{
    struct mmap_request request = {.length = PAGE_SIZE, .vm_flags = VM_RW | VM_MAYWRITE};
    s32 addr = again(mm_mmap(mm, &request));

    check(!mm_is_error(addr));
    return (vaddr_t)addr;
}

void interrupted_start(struct interrupted *all, struct scene *s, u32 first_cpu)
{
    *all = (struct interrupted){.stop = 0};
    for (u32 i = 0; i < INTERRUPTED; i++) {
        struct mm *mm = obtain(mm_create());

        assert(mm != NULL);
        all->programs[i] = (struct interrupted_program){all, mm, map_one(mm)};
        actor_start_in(s, mm, first_cpu + i % (cpu_count() - first_cpu), run_until_stopped,
                       &all->programs[i]);
    }
}

void interrupted_await(const struct interrupted *all)
{
    while (atomic_read(&all->running) < (int)INTERRUPTED)
        task_yield();
}

u32 interrupted_here(const struct interrupted *all)
{
    u32 i = 0;

    while (i < INTERRUPTED && cpu_local()->loaded_space != &all->programs[i].mm->space)
        i++;
    return i;
}

void interrupted_end(struct interrupted *all, struct scene *s)
{
    store_release(&all->stop, 1u);
    scene_join(s);
    for (u32 i = 0; i < INTERRUPTED; i++)
        mm_put_user(all->programs[i].mm);
}
