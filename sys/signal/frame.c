/*
 * Frames of signal handlers on the user's stack, laid out as i386 Linux lays them out, because C libraries
 * and unwinders read them. Fields in the order of asm/sigcontext.h and asm/ucontext.h (uapi), named by what
 * they hold.
 *
 *   higher   FPU state (FXSAVE form behind the old FSAVE form)
 *      |     frame: return address, signal number, (pointers, siginfo, ucontext | sigcontext), return code
 *   lower    <- esp at the handler's first instruction; esp + 4 is 16-byte aligned, as after a call
 *
 * Each word is written where it belongs and not copied there: a frame that is built elsewhere costs twice as
 * much.
 */
#include "arch/context.h"
#include "arch/trap.h"
#include "arch/user.h"
#include "diag/assert.h"
#include "sys/process/process.h"
#include "sys/signal/private.h"
#include "sys/syscalls.h"
#include <inline/user_words.h>

struct sigcontext {
    u32 gs, fs, es, ds, edi, esi, ebp, esp, ebx, edx, ecx, eax;
    u32 vector, error, eip, cs, eflags, esp_at_signal, ss;
    u32 fpstate; /* pointer or 0 */
    u32 oldmask, cr2;
};
struct ucontext {
    u32 flags, link;
    u32 stack_sp, stack_flags, stack_size;
    struct sigcontext mcontext;
    u32 sigmask[2];
};
struct plain_frame {
    u32 return_to;
    s32 signal;
    struct sigcontext sc;
    u8 unused_fpstate[624]; /* where ancient kernels put it: nobody reads it, so nobody writes it */
    u32 extramask;
    u32 retcode[2];
};
struct realtime_frame {
    u32 return_to;
    s32 signal;
    u32 info_at, context_at;
    u8 info[128];
    struct ucontext uc;
    u32 retcode[2];
};
static_assert(sizeof(struct sigcontext) == 88 && sizeof(struct ucontext) == 116, "uapi layout");
static_assert(sizeof(struct plain_frame) == 732, "uapi layout");
static_assert(offsetof(struct realtime_frame, uc) == 144, "uapi layout");

#define EFLAGS_TF   0x100u
#define EFLAGS_DF   0x400u
#define EFLAGS_RF   0x10000u
#define EFLAGS_USER 0x50DD5u /* what a program may set: CF PF AF ZF SF TF DF OF NT? AC; never IF, IOPL, VM */

/* A field of the structure on the user's stack at `sp`: its address; and the word, for user_put() alone. */
#define AT(type, field)    (sp + offsetof(struct type, field))
#define FIELD(type, field) (((struct type *)sp)->field)

/* The registers stand in the trap frame as they do in sigcontext, up to SS; but that PUSHAD's own stack
 * pointer is where the user's is wanted. */
#define CONTEXT_WORDS 19u
static_assert(offsetof(struct sigcontext, fpstate) == 4 * CONTEXT_WORDS &&
                  sizeof(struct trap_frame) == 4 * CONTEXT_WORDS &&
                  offsetof(struct trap_frame, eip) == offsetof(struct sigcontext, eip),
              "one order");

static always_inline bool put_context(vaddr_t sp, struct trap_frame *f, u32 fpstate, u32 oldmask, u32 cr2)
{
    f->esp_unused = f->esp;
    if (!user_put_words(sp, f, CONTEXT_WORDS))
        return false;
    user_put(FIELD(sigcontext, fpstate), fpstate, failed);
    user_put(FIELD(sigcontext, oldmask), oldmask, failed);
    user_put(FIELD(sigcontext, cr2), cr2, failed);
    return true;
failed:
    return false;
}

static vaddr_t stack_for(const struct trap_frame *frame, const struct action *action)
{
    const struct thread *t = thread_current();
    if ((action->flags & SA_ONSTACK) && t->alt_size && !on_alt_stack(t, frame->esp))
        return t->alt_sp + t->alt_size;
    return frame->esp;
}

/* esp + 4 on a multiple of 16: how a function finds its stack just after the call. */
static vaddr_t place_frame(vaddr_t sp, size_t size)
{
    return ((sp - size + 4) & ~15u) - 4;
}

/* What the handler returns to where the program names no restorer; debuggers know a frame by these bytes. */
#define RETCODE_PLAIN_0 0x0077b858u /* pop eax; mov eax, sigreturn (119); int 0x80 */
#define RETCODE_PLAIN_1 0x80cd0000u
#define RETCODE_RT_0    0x0000adb8u /* mov eax, rt_sigreturn (173); int 0x80 */
#define RETCODE_RT_1    0x0080cd00u

/* What goes into a frame, beside the registers. */
struct frame_parts {
    const struct action *action;
    const struct siginfo *info;
    sigset restore;
    u32 fpstate;
};

static bool push_plain(struct trap_frame *f, vaddr_t sp, const struct frame_parts *parts)
{
    const struct action *action = parts->action;

    sp = place_frame(sp, sizeof(struct plain_frame));
    if (!user_words_begin(sp, sizeof(struct plain_frame)))
        return false;
    user_put(FIELD(plain_frame, return_to),
             action->flags & SA_RESTORER ? action->restorer : AT(plain_frame, retcode), failed);
    user_put(FIELD(plain_frame, signal), parts->info->signal, failed);
    if (!put_context(AT(plain_frame, sc), f, parts->fpstate, (u32)parts->restore, parts->info->field[0]))
        return false;
    user_put(FIELD(plain_frame, extramask), (u32)(parts->restore >> 32), failed);
    user_put(FIELD(plain_frame, retcode[0]), RETCODE_PLAIN_0, failed);
    user_put(FIELD(plain_frame, retcode[1]), RETCODE_PLAIN_1, failed);
    f->esp = sp;
    f->edx = f->ecx = 0;
    return true;
failed:
    return false;
}

static bool put_ucontext(vaddr_t sp, struct trap_frame *f, const struct frame_parts *parts)
{
    const struct thread *t = thread_current();

    user_put(FIELD(ucontext, flags), 0, failed);
    user_put(FIELD(ucontext, link), 0, failed);
    user_put(FIELD(ucontext, stack_sp), t->alt_sp, failed);
    user_put(FIELD(ucontext, stack_flags), t->alt_flags, failed);
    user_put(FIELD(ucontext, stack_size), t->alt_size, failed);
    if (!put_context(AT(ucontext, mcontext), f, parts->fpstate, (u32)parts->restore, parts->info->field[0]))
        return false;
    user_put(FIELD(ucontext, sigmask[0]), (u32)parts->restore, failed);
    user_put(FIELD(ucontext, sigmask[1]), (u32)(parts->restore >> 32), failed);
    return true;
failed:
    return false;
}

static bool push_realtime(struct trap_frame *f, vaddr_t sp, const struct frame_parts *parts)
{
    const struct action *action = parts->action;
    const u32 info_words = sizeof(*parts->info) / 4, info_bytes = sizeof(*parts->info);

    sp = place_frame(sp, sizeof(struct realtime_frame));
    if (!user_words_begin(sp, sizeof(struct realtime_frame)))
        return false;
    user_put(FIELD(realtime_frame, return_to),
             action->flags & SA_RESTORER ? action->restorer : AT(realtime_frame, retcode), failed);
    user_put(FIELD(realtime_frame, signal), parts->info->signal, failed);
    user_put(FIELD(realtime_frame, info_at), AT(realtime_frame, info), failed);
    user_put(FIELD(realtime_frame, context_at), AT(realtime_frame, uc), failed);
    if (!user_put_words(AT(realtime_frame, info), parts->info, info_words) ||
        !user_clear_words(AT(realtime_frame, info) + info_bytes, 128 / 4 - info_words) ||
        !put_ucontext(AT(realtime_frame, uc), f, parts))
        return false;
    user_put(FIELD(realtime_frame, retcode[0]), RETCODE_RT_0, failed);
    user_put(FIELD(realtime_frame, retcode[1]), RETCODE_RT_1, failed);
    f->esp = sp;
    f->edx = AT(realtime_frame, info);
    f->ecx = AT(realtime_frame, uc);
    return true;
failed:
    return false;
}

bool signal_frame_push(struct trap_frame *frame, const struct action *action, const struct siginfo *info,
                       sigset restore_mask)
{
    struct frame_parts parts = {action, info, restore_mask, 0};
    vaddr_t sp = stack_for(frame, action);

    if (!context_fpu_push(&sp, &parts.fpstate))
        return false;
    if (!(action->flags & SA_SIGINFO ? push_realtime : push_plain)(frame, sp, &parts))
        return false;
    frame->eax = (u32)info->signal;
    frame->eip = action->handler;
    frame->eflags &= ~(EFLAGS_DF | EFLAGS_TF | EFLAGS_RF);
    return true;
}

/* Selectors and flags come from the program: only what ring 3 may have is taken. CS and SS stay what they
 * are. */
static bool restore_context(struct trap_frame *f, const struct sigcontext *sc)
{
    f->gs = sc->gs & 0xffff;
    f->fs = sc->fs & 0xffff;
    f->es = (sc->es & 0xffff) | 3;
    f->ds = (sc->ds & 0xffff) | 3;
    f->edi = sc->edi, f->esi = sc->esi, f->ebp = sc->ebp, f->esp = sc->esp;
    f->ebx = sc->ebx, f->edx = sc->edx, f->ecx = sc->ecx, f->eax = sc->eax;
    f->eip = sc->eip;
    f->eflags = (f->eflags & ~EFLAGS_USER) | (sc->eflags & EFLAGS_USER);
    f->vector = 0; /* EAX is the program's now: not the result of a call that could be restarted */
    return !sc->fpstate || context_fpu_pop(sc->fpstate);
}

/* The handler's RET took return_to; behind a plain frame the restorer's POP took the signal number, too. */
bool signal_frame_pop(struct trap_frame *f, bool realtime)
{
    vaddr_t sp = f->esp - (realtime ? 4 : 8);
    vaddr_t from = realtime ? AT(realtime_frame, uc.mcontext) : AT(plain_frame, sc);
    struct sigcontext sc;
    u32 mask[2], stack[3];

    if (!user_words_begin(sp, realtime ? sizeof(struct realtime_frame) : sizeof(struct plain_frame)) ||
        !user_get_words(&sc, from, sizeof(sc) / 4))
        return false;
    mask[0] = sc.oldmask;
    if (!user_get_words(realtime ? &mask[0] : &mask[1],
                        realtime ? AT(realtime_frame, uc.sigmask) : AT(plain_frame, extramask),
                        realtime ? 2 : 1))
        return false;
    if (realtime && !user_get_words(stack, AT(realtime_frame, uc.stack_sp), 3))
        return false;
    signal_set_blocked((u64)mask[1] << 32 | mask[0]);
    if (!restore_context(f, &sc))
        return false;
    if (realtime) /* last: it asks where the stack pointer is, and that is the interrupted one by now */
        signal_restore_alt_stack(stack[0], stack[1], stack[2]);
    return true;
}
