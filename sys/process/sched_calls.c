/* What programs ask of the scheduler: sched(7). Policies are one: SCHED_OTHER. */
#include "arch/user.h"
#include "lib/string.h"
#include "sync/crosscall.h"
#include "sys/process/process.h"
#include "sys/syscalls.h"

s32 sys_sched_yield(void)
{
    task_yield();
    return 0;
}

/* Runs fn on the thread's task, which stays while (P) is held. */
static s32 with_thread(s32 tid, s32 (*fn)(struct task *, void *), void *arg)
{
    if (tid < 0)
        return -EINVAL;
    mutex_lock(&process_lock);
    struct thread *thread = tid ? thread_find(tid) : thread_current();
    s32 result = -ESRCH;
    struct task *task = thread ? thread->task : NULL;
    if (task)
        task_get(task);
    mutex_unlock(&process_lock);
    if (task) {
        result = fn(task, arg);
        task_put(task);
    }
    return result;
}

static s32 read_affinity(struct task *task, void *arg)
{
    struct cpumask *mask = arg;
    *mask = task->allowed;
    for (u32 cpu = cpu_count(); cpu < MAX_CPUS; cpu++)
        mask->w[cpu / 32] &= ~(1u << (cpu % 32));
    return 0;
}
static s32 write_affinity(struct task *task, void *arg)
{
    return task_set_affinity(task, *(struct cpumask *)arg);
}

s32 sys_sched_getaffinity(s32 tid, u32 size, vaddr_t to)
{
    struct cpumask mask;
    if (size % 4 || size * 8 < cpu_count())
        return -EINVAL;
    s32 error = with_thread(tid, read_affinity, &mask);
    u32 bytes = MIN(size, sizeof(mask));
    return error ? error : copy_to_user(to, &mask, bytes) ? -EFAULT : (s32)bytes;
}

s32 sys_sched_setaffinity(s32 tid, u32 size, vaddr_t from)
{
    struct cpumask mask = {{0}};
    if (copy_from_user(&mask, from, MIN(size, sizeof(mask))))
        return -EFAULT;
    return with_thread(tid, write_affinity, &mask);
}

s32 sys_getcpu(vaddr_t cpu_at, vaddr_t node_at)
{
    u32 cpu = READ_ONCE(current->cpu);
    if (cpu_at && user_store_u32(cpu_at, cpu))
        return -EFAULT;
    return node_at ? user_store_u32(node_at, 0) : 0;
}

s32 sys_sched_getscheduler(s32 tid)
{
    return tid < 0 ? -EINVAL : 0;
}
s32 sys_sched_setscheduler(s32 tid, u32 policy, vaddr_t param)
{
    return policy > 6 ? -EINVAL : policy == 0 || policy == 3 ? 0 : -EPERM;
}
s32 sys_sched_getparam(s32 tid, vaddr_t to)
{
    return user_store_u32(to, 0);
}
s32 sys_sched_setparam(s32 tid, vaddr_t from)
{
    return 0;
}
s32 sys_sched_get_priority_max(u32 policy)
{
    return policy == 1 || policy == 2 ? 99 : policy > 6 ? -EINVAL : 0;
}
s32 sys_sched_get_priority_min(u32 policy)
{
    return policy == 1 || policy == 2 ? 1 : policy > 6 ? -EINVAL : 0;
}

static s32 read_nice(struct task *task, void *arg)
{
    return 20 - task->nice;
}
static s32 write_nice(struct task *task, void *arg)
{
    task_set_nice(task, *(int *)arg);
    return 0;
}

s32 sys_getpriority(u32 which, s32 who)
{
    return which ? 20 : with_thread(who, read_nice, NULL);
}
s32 sys_setpriority(u32 which, s32 who, int nice)
{
    int clamped = nice < -20 ? -20 : nice > 19 ? 19 : nice;
    return which ? 0 : with_thread(who, write_nice, &clamped);
}
s32 sys_nice(int by)
{
    return sys_setpriority(0, 0, current->nice + by);
}

static void do_barrier(void *unused)
{
    memory_barrier();
}
void barrier_on_all_cpus(void)
{
    struct cpumask all = {{0}};
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        cpumask_set(&all, cpu);
    memory_barrier();
    crosscall(&all, do_barrier, NULL);
    memory_barrier();
}
