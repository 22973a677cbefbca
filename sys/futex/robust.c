/* Robust futexes: what a dying thread still owns is marked so that the next one learns of it.
 * get_robust_list(2). */
#include "arch/user.h"
#include "sys/futex/futex.h"
#include "sys/syscalls.h"

#define ENTRIES_MAX 2048u
struct robust_head {
    u32 first;
    s32 futex_offset;
    u32 pending;
};

/* `pending`: the thread died inside of lock or unlock of this one. If the word says that nobody owns it, an
 * unlock had written it and did not come to waking: who sleeps would sleep for ever (R32 by another way). */
static void mark_dead(vaddr_t addr, s32 tid, bool pending)
{
    u32 word, seen;
    if (addr % 4 || user_load_u32(addr, &word))
        return;
    if (pending && (word & FUTEX_TID_MASK) == 0)
        futex_wake(addr, 1, ~0u, true);
    while ((word & FUTEX_TID_MASK) == (u32)tid) {
        u32 dead = (word & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
        if (user_cmpxchg_u32(addr, word, dead, &seen))
            return;
        if (seen == word) {
            if (word & FUTEX_WAITERS)
                futex_wake(addr, 1, ~0u, true);
            return;
        }
        word = seen;
    }
}

void futex_release_robust(struct thread *thread)
{
    struct robust_head head;
    if (!thread->robust_list || copy_from_user(&head, thread->robust_list, sizeof(head)))
        return;
    u32 entry = head.first, left = ENTRIES_MAX;
    while ((entry & ~1u) != thread->robust_list && left--) {
        u32 next;
        int error = user_load_u32(entry & ~1u, &next);
        if ((entry & ~1u) != (head.pending & ~1u))
            mark_dead((entry & ~1u) + (u32)head.futex_offset, thread->tid, false);
        if (error)
            break;
        entry = next;
    }
    if (head.pending & ~1u)
        mark_dead((head.pending & ~1u) + (u32)head.futex_offset, thread->tid, true);
    thread->robust_list = 0;
}

s32 sys_set_robust_list(vaddr_t head, size_t size)
{
    if (size != sizeof(struct robust_head))
        return -EINVAL;
    thread_current()->robust_list = head;
    return 0;
}

s32 sys_get_robust_list(s32 tid, vaddr_t head_at, vaddr_t size_at)
{
    mutex_lock(&process_lock);
    const struct thread *thread = tid ? thread_find(tid) : thread_current();
    u32 head = thread ? thread->robust_list : 0, size = sizeof(struct robust_head);
    mutex_unlock(&process_lock);
    if (!thread)
        return -ESRCH;
    return copy_to_user(head_at, &head, 4) || copy_to_user(size_at, &size, 4) ? -EFAULT : 0;
}
