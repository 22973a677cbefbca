/* Another process's memory by address: process_vm_readv(2), process_vm_writev(2). */
#include "arch/user.h"
#include "mm/fault/fault.h"
#include "mm/kernel/slab.h"
#include "sys/iovec.h"
#include "sys/process/process.h"
#include "sys/syscalls.h"

/* Where one side stands: a list of pieces in the caller's memory, and how far it has been walked. */
struct vector {
    vaddr_t at;
    u32 left;          /* pieces not fetched yet */
    struct iovec here; /* what is left of the one at hand */
};

/* Makes here a piece with bytes in it. False: that was the last. */
static bool vector_next(struct vector *v, int *error)
{
    while (!v->here.length && v->left && !*error) {
        if (copy_from_user(&v->here, v->at, sizeof(v->here)))
            *error = -EFAULT;
        else if ((s32)v->here.length < 0)
            *error = -EINVAL;
        v->at += sizeof(v->here);
        v->left--;
    }
    return !*error && v->here.length;
}

static void vector_advance(struct vector *v, u32 n)
{
    v->here.base += n;
    v->here.length -= n;
}

/* One piece through the buffer; how much of it was moved. The copy on our own side runs with nothing held. */
static u32 transfer(struct mm *mm, vaddr_t remote, vaddr_t local, u8 *buffer, u32 n, bool write)
{
    if (!write) {
        n = mm_access(mm, remote, buffer, n, ACCESS_READ);
        return copy_to_user(local, buffer, n) ? 0 : n;
    }
    return copy_from_user(buffer, local, n) ? 0 : mm_access(mm, remote, buffer, n, ACCESS_WRITE);
}

static s32 transfer_all(struct mm *mm, struct vector *local, struct vector *remote, bool write)
{
    u8 *buffer = kmalloc(PAGE_SIZE, GFP_KERNEL);
    int error = buffer ? 0 : -ENOMEM;
    s32 total = 0;

    while (!error && vector_next(local, &error) && vector_next(remote, &error)) {
        /* Never across a page of either side: so a piece is moved whole or not at all. */
        u32 n = MIN(MIN(local->here.length, remote->here.length),
                    PAGE_SIZE - MAX(local->here.base % PAGE_SIZE, remote->here.base % PAGE_SIZE));
        if (transfer(mm, remote->here.base, local->here.base, buffer, n, write) < n)
            error = task_is_killed(current) ? -EINTR : -EFAULT;
        else
            total += (s32)n;
        vector_advance(local, n);
        vector_advance(remote, n);
    }
    kfree(buffer);
    return total ? total : error;
}

static struct mm *process_mm(s32 pid)
{
    mutex_lock(&process_lock);
    struct thread *thread = thread_find(pid);
    struct mm *mm = thread ? task_get_mm(thread->task) : NULL;
    mutex_unlock(&process_lock);
    return mm;
}

static s32 process_vm(s32 pid, struct vector local, struct vector remote, u32 flags, bool write)
{
    if (flags || local.left > IOV_MAX || remote.left > IOV_MAX)
        return -EINVAL;
    struct mm *mm = process_mm(pid);
    if (!mm)
        return -ESRCH;
    s32 result = transfer_all(mm, &local, &remote, write);
    mm_put_user(mm);
    return result;
}

s32 sys_process_vm_readv(s32 pid, vaddr_t local, u32 local_count, vaddr_t remote, u32 remote_count, u32 flags)
{
    return process_vm(pid, (struct vector){.at = local, .left = local_count},
                      (struct vector){.at = remote, .left = remote_count}, flags, false);
}
s32 sys_process_vm_writev(s32 pid, vaddr_t local, u32 local_count, vaddr_t remote, u32 remote_count,
                          u32 flags)
{
    return process_vm(pid, (struct vector){.at = local, .left = local_count},
                      (struct vector){.at = remote, .left = remote_count}, flags, true);
}
