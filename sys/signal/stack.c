/* The stack that handlers run on, and the way back from them: sigaltstack(2), sigreturn(2). */
#include "arch/context.h"
#include "arch/trap.h"
#include "arch/user.h"
#include "diag/printk.h"
#include "sys/process/process.h"
#include "sys/signal/private.h"
#include "sys/syscalls.h"

#define SS_DISABLE  2u
#define MINSIGSTKSZ 2048u

s32 sys_sigaltstack(vaddr_t new_at, vaddr_t old_at)
{
    struct thread *t = thread_current();
    u32 sp = context_user_frame(current)->esp, new[3];
    bool on_it = t->alt_size && sp - t->alt_sp <= t->alt_size;
    const u32 old[3] = {t->alt_sp, !t->alt_size ? SS_DISABLE : on_it ? 1u : 0, t->alt_size};
    if (new_at && copy_from_user(new, new_at, sizeof(new)))
        return -EFAULT;
    if (new_at && on_it)
        return -EPERM;
    if (new_at && (new[1] & ~(SS_DISABLE | 1u | 0x80000000u))) /* SS_AUTODISARM is taken and has no effect */
        return -EINVAL;
    if (new_at && !(new[1] & SS_DISABLE) && new[2] < MINSIGSTKSZ)
        return -ENOMEM;
    if (new_at) {
        t->alt_sp = new[1] & SS_DISABLE ? 0 : new[0];
        t->alt_size = new[1] & SS_DISABLE ? 0 : new[2];
    }
    return old_at ? copy_to_user(old_at, old, sizeof(old)) : 0;
}

static s32 return_from_handler(bool realtime)
{
    struct trap_frame *frame = context_user_frame(current);
    if (!signal_frame_pop(frame, realtime)) {
        printk("%s[%d]: its signal frame at sp %#x cannot be read back.\n", current->comm, current->pid,
               frame_sp(frame));
        process_exit(SIGSEGV);
    }
    return (s32)frame->eax; /* the dispatcher writes it back unchanged */
}
s32 sys_sigreturn(void)
{
    return return_from_handler(false);
}
s32 sys_rt_sigreturn(void)
{
    return return_from_handler(true);
}
