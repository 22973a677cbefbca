/* The stack that handlers run on, and the way back from them: sigaltstack(2), sigreturn(2). */
#include "arch/context.h"
#include "arch/trap.h"
#include "arch/user.h"
#include "diag/printk.h"
#include "sys/process/process.h"
#include "sys/signal/private.h"
#include "sys/syscalls.h"

#define SS_ONSTACK    1u
#define SS_DISABLE    2u
#define SS_AUTODISARM 0x80000000u
#define MINSIGSTKSZ   2048u

static int set_alt_stack(u32 sp, u32 flags, u32 size)
{
    struct thread *t = thread_current();
    u32 mode = flags & ~SS_AUTODISARM; /* which has no effect here */
    if (on_alt_stack(t, context_user_frame(current)->esp))
        return -EPERM;
    if (mode > SS_DISABLE)
        return -EINVAL;
    if (mode != SS_DISABLE && size < MINSIGSTKSZ)
        return -ENOMEM;
    t->alt_sp = mode == SS_DISABLE ? 0 : sp;
    t->alt_size = mode == SS_DISABLE ? 0 : size;
    t->alt_flags = flags;
    return 0;
}

s32 sys_sigaltstack(vaddr_t new_at, vaddr_t old_at)
{
    const struct thread *t = thread_current();
    bool on_it = on_alt_stack(t, context_user_frame(current)->esp);
    u32 new[3];
    const u32 old[3] = {t->alt_sp, !t->alt_size ? SS_DISABLE : on_it ? SS_ONSTACK : 0, t->alt_size};
    if (new_at && copy_from_user(new, new_at, sizeof(new)))
        return -EFAULT;
    int error = new_at ? set_alt_stack(new[0], new[1], new[2]) : 0;
    return error ? error : old_at ? copy_to_user(old_at, old, sizeof(old)) : 0;
}

void signal_restore_alt_stack(u32 sp, u32 flags, u32 size)
{
    const struct thread *t = thread_current();
    if (sp != t->alt_sp || size != t->alt_size || flags != t->alt_flags)
        (void)set_alt_stack(sp, flags, size); /* sigreturn has nobody to tell */
}

static s32 return_from_handler(bool realtime)
{
    struct trap_frame *frame = context_user_frame(current);
    if (!signal_frame_pop(frame, realtime)) {
        printk("%s[%d]: its signal frame at sp %#x cannot be read back.\n", current->comm, current->pid,
               frame_sp(frame));
        signal_force(SIGSEGV, SI_KERNEL, 0);
        return 0;
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
