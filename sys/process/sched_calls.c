/* What programs ask of the scheduler: sched(7). SCHED_BATCH and SCHED_IDLE are kept and told, and get turns like
 * everybody. */
#include "arch/user.h"
#include "lib/string.h"
#include "sync/crosscall.h"
#include "sys/process/process.h"
#include "sys/syscalls.h"
#include "sys/time/user_time.h"

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

enum { SCHED_OTHER, SCHED_FIFO, SCHED_RR, SCHED_BATCH, SCHED_IDLE = 5, SCHED_DEADLINE };
static bool is_policy(u32 policy)
{
    return policy <= SCHED_DEADLINE && policy != 4; /* a number that no policy has */
}
static bool is_realtime(u32 policy)
{
    return policy == SCHED_FIFO || policy == SCHED_RR;
}

s32 sys_sched_getscheduler(s32 tid)
{
    if (tid < 0)
        return -EINVAL;
    mutex_lock(&process_lock);
    struct thread *thread = tid ? thread_find(tid) : thread_current();
    s32 policy = thread ? thread->policy : -ESRCH;
    mutex_unlock(&process_lock);
    return policy;
}

/* `priority` 0 is all that a policy without real time has. Real time is refused as to one who may not; deadlines
 * need more than a priority. */
static s32 check_policy(u32 policy, u32 priority)
{
    if (policy == SCHED_DEADLINE || (is_realtime(policy) ? priority < 1 || priority > 99 : priority != 0))
        return -EINVAL;
    return is_realtime(policy) ? -EPERM : 0;
}

#define POLICY_KEPT (~0u)

/* `policy` POLICY_KEPT: the one it has. */
static s32 set_policy(s32 tid, u32 policy, vaddr_t param)
{
    u32 priority;
    if (!param || tid < 0 || (policy != POLICY_KEPT && !is_policy(policy)))
        return -EINVAL;
    if (user_load_u32(param, &priority))
        return -EFAULT;
    mutex_lock(&process_lock);
    struct thread *thread = tid ? thread_find(tid) : thread_current();
    if (thread && policy == POLICY_KEPT)
        policy = thread->policy;
    s32 error = thread ? check_policy(policy, priority) : -ESRCH;
    if (!error)
        WRITE_ONCE(thread->policy, (u8)policy);
    mutex_unlock(&process_lock);
    return error;
}
s32 sys_sched_setscheduler(s32 tid, u32 policy, vaddr_t param)
{
    return set_policy(tid, policy, param);
}
s32 sys_sched_setparam(s32 tid, vaddr_t param)
{
    return set_policy(tid, POLICY_KEPT, param);
}
s32 sys_sched_getparam(s32 tid, vaddr_t to)
{
    if (!to)
        return -EINVAL;
    s32 error = sys_sched_getscheduler(tid);
    return error < 0 ? error : user_store_u32(to, 0);
}
static s32 priority_bound(u32 policy, s32 realtime)
{
    return is_realtime(policy) ? realtime : is_policy(policy) ? 0 : -EINVAL;
}
s32 sys_sched_get_priority_max(u32 policy)
{
    return priority_bound(policy, 99);
}
s32 sys_sched_get_priority_min(u32 policy)
{
    return priority_bound(policy, 1);
}

/* A turn is the same for everybody. */
static s32 turn_length(s32 tid, vaddr_t to, bool time64)
{
    s32 error = sys_sched_getscheduler(tid);
    return error < 0 ? error : user_time_store(to, time64, SLICE_NS);
}
s32 sys_sched_rr_get_interval(s32 tid, vaddr_t to)
{
    return turn_length(tid, to, false);
}
s32 sys_sched_rr_get_interval_time64(s32 tid, vaddr_t to)
{
    return turn_length(tid, to, true);
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

/* Of a group, or of a user's: getpriority(2) tells the most urgent one, setpriority(2) sets all. */
enum { PRIO_PROCESS, PRIO_PGRP, PRIO_USER };
struct nice_members {
    u32 which, who;
    const int *set; /* or NULL */
    s32 result;
};
static void nice_member(struct process *process, void *arg)
{
    struct nice_members *m = arg;
    struct thread *thread;
    if (m->who != (m->which == PRIO_PGRP ? (u32)process->group : process->uid[0]))
        return;
    list_for_each (thread, &process->threads, link) {
        if (m->set)
            task_set_nice(thread->task, *m->set);
        m->result = m->set ? 0 : MAX(m->result, 20 - thread->task->nice);
    }
}
static s32 nice_of_members(u32 which, u32 who, const int *set)
{
    if (which > PRIO_USER)
        return -EINVAL;
    mutex_lock(&process_lock);
    const struct process *self = process_current();
    struct nice_members m = {which, who, set, -ESRCH};
    if (!who)
        m.who = which == PRIO_PGRP ? (u32)self->group : self->uid[0];
    process_for_each(nice_member, &m);
    mutex_unlock(&process_lock);
    return m.result;
}

s32 sys_getpriority(u32 which, s32 who)
{
    return which == PRIO_PROCESS ? with_thread(who, read_nice, NULL) : nice_of_members(which, (u32)who, NULL);
}
s32 sys_setpriority(u32 which, s32 who, int nice)
{
    int clamped = nice < -20 ? -20 : nice > 19 ? 19 : nice;
    return which == PRIO_PROCESS ? with_thread(who, write_nice, &clamped)
                                 : nice_of_members(which, (u32)who, &clamped);
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
