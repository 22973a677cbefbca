/*
 * Frames of signal handlers on the user's stack, laid out as i386 Linux lays them out, because C libraries
 * and unwinders read them. Fields in the order of asm/sigcontext.h and asm/ucontext.h (uapi), named by what
 * they hold.
 *
 *   higher   FPU state (FXSAVE form behind the old FSAVE form)
 *      |     frame: return address, signal number, (pointers, siginfo, ucontext | sigcontext), return code
 *   lower    <- esp at the handler's first instruction; esp + 4 is 16-byte aligned, as after a call
 */
#include "arch/context.h"
#include "arch/trap.h"
#include "arch/user.h"
#include "diag/assert.h"
#include "lib/string.h"
#include "sys/process/process.h"
#include "sys/syscalls.h"

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
    struct plain_head {
        u32 return_to;
        s32 signal;
        struct sigcontext sc;
    } head;
    u8 unused_fpstate[624]; /* where ancient kernels put it: nobody reads it, so nobody writes it */
    struct plain_tail {
        u32 extramask;
        u8 retcode[8];
    } tail;
};
struct realtime_frame {
    u32 return_to;
    s32 signal;
    u32 info_at, context_at;
    u8 info[128];
    struct ucontext uc;
    u8 retcode[8];
};
/* struct _fpstate_32: FSAVE's 108 bytes, status and magic, then FXSAVE's image. */
struct fpstate {
    u32 cw, sw, tag, ip, cs, data, data_seg;
    u8 st[80];
    u16 status, magic; /* magic 0: the FXSAVE image is there */
    u8 fxsave[FPU_STATE_BYTES];
} aligned_to(16); /* as FXSAVE wants it: seven old words, eight registers and a word are 112 bytes */
static_assert(sizeof(struct sigcontext) == 88 && sizeof(struct ucontext) == 116, "uapi layout");
static_assert(sizeof(struct fpstate) == 624 && sizeof(struct plain_frame) == 732, "uapi layout");
static_assert(offsetof(struct realtime_frame, uc) == 144, "uapi layout");

#define SS_ONSTACK 1u
#define SS_DISABLE 2u
#define EFLAGS_TF  0x100u
#define EFLAGS_DF  0x400u
#define EFLAGS_RF  0x10000u
#define EFLAGS_USER                                                                                          \
    0x50DD5u /* what a program may set: CF PF AF ZF SF TF DF OF NT? AC; never IF, IOPL, VM                   \
              */

static bool on_alt_stack(const struct thread *t, vaddr_t sp)
{
    return t->alt_size && sp - t->alt_sp <= t->alt_size;
}

/* Field by field, in the order of both: a frame that is built elsewhere and copied here costs twice as much.
 */
static void fill_context(struct sigcontext *sc, const struct trap_frame *f, u32 fpstate, u32 oldmask, u32 cr2)
{
    sc->gs = f->gs, sc->fs = f->fs, sc->es = f->es, sc->ds = f->ds;
    sc->edi = f->edi, sc->esi = f->esi, sc->ebp = f->ebp, sc->esp = f->esp;
    sc->ebx = f->ebx, sc->edx = f->edx, sc->ecx = f->ecx, sc->eax = f->eax;
    sc->vector = f->vector, sc->error = f->error;
    sc->eip = f->eip, sc->cs = f->cs, sc->eflags = f->eflags;
    sc->esp_at_signal = f->esp, sc->ss = f->ss;
    sc->fpstate = fpstate;
    sc->oldmask = oldmask;
    sc->cr2 = cr2;
}

/* The old form's control words come from the new form's, with the tag word spread out again (SDM vol.
 * 1, 10.5.1.1). */
static void fill_old_form(struct fpstate *fp)
{
    u16 cw, sw;
    memcpy(&cw, fp->fxsave, 2);
    memcpy(&sw, fp->fxsave + 2, 2);
    u8 used = fp->fxsave[4];
    u32 tag = 0;
    for (unsigned i = 0; i < 8; i++) {
        tag |= (used >> i & 1 ? 0u : 3u) << (2 * i);
        memcpy(fp->st + 10 * i, fp->fxsave + 32 + 16 * i, 10);
    }
    fp->cw = 0xffff0000u | cw;
    fp->sw = 0xffff0000u | sw;
    fp->tag = 0xffff0000u | tag;
    fp->status = sw;
    fp->magic = 0;
}

/* Saves the FPU below *sp if the program has used it. The pointer for the frame, 0 for none. */
static bool push_fpu(vaddr_t *sp, u32 *at)
{
    struct fpstate fp;

    static_assert(offsetof(struct fpstate, fxsave) % 16 == 0, "FXSAVE's own alignment");
    *at = 0;
    if (!context_fpu_save(fp.fxsave))
        return true;
    fill_old_form(&fp);
    *sp = ALIGN_DOWN(*sp - sizeof(fp), 64u);
    *at = *sp;
    return copy_to_user(*sp, &fp, sizeof(fp)) == 0;
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

static void fill_retcode(u8 *code, bool realtime)
{
    static const u8 plain[8] = {0x58, 0xb8, 119,  0,
                                0,    0,    0xcd, 0x80};         /* pop eax; mov eax, sigreturn; int 0x80 */
    static const u8 rt[8] = {0xb8, 173, 0, 0, 0, 0xcd, 0x80, 0}; /* mov eax, rt_sigreturn; int 0x80 */
    memcpy(code, realtime ? rt : plain, 8);
}

static bool push_plain(struct trap_frame *f, vaddr_t sp, u32 fpstate, const struct action *action,
                       const struct siginfo *info, sigset restore)
{
    struct plain_head head = {.signal = info->signal};
    struct plain_tail tail = {.extramask = (u32)(restore >> 32)};

    sp = place_frame(sp, sizeof(struct plain_frame));
    head.return_to =
        action->flags & SA_RESTORER ? action->restorer : sp + offsetof(struct plain_frame, tail.retcode);
    fill_context(&head.sc, f, fpstate, (u32)restore, info->field[0]);
    fill_retcode(tail.retcode, false);
    f->esp = sp;
    f->edx = f->ecx = 0;
    return copy_to_user(sp, &head, sizeof(head)) == 0 &&
           copy_to_user(sp + offsetof(struct plain_frame, tail), &tail, sizeof(tail)) == 0;
}

static bool push_realtime(struct trap_frame *f, vaddr_t sp, u32 fpstate, const struct action *action,
                          const struct siginfo *info, sigset restore)
{
    const struct thread *t = thread_current();
    struct realtime_frame p = {.signal = info->signal};

    sp = place_frame(sp, sizeof(p));
    p.return_to =
        action->flags & SA_RESTORER ? action->restorer : sp + offsetof(struct realtime_frame, retcode);
    p.info_at = sp + offsetof(struct realtime_frame, info);
    p.context_at = sp + offsetof(struct realtime_frame, uc);
    memcpy(p.info, info, sizeof(*info));
    p.uc.stack_sp = t->alt_sp;
    p.uc.stack_size = t->alt_size;
    p.uc.stack_flags = !t->alt_size ? SS_DISABLE : on_alt_stack(t, f->esp) ? SS_ONSTACK : 0;
    fill_context(&p.uc.mcontext, f, fpstate, (u32)restore, info->field[0]);
    p.uc.sigmask[0] = (u32)restore;
    p.uc.sigmask[1] = (u32)(restore >> 32);
    fill_retcode(p.retcode, true);
    f->esp = sp;
    f->edx = p.info_at;
    f->ecx = p.context_at;
    return copy_to_user(sp, &p, sizeof(p)) == 0;
}

bool signal_frame_push(struct trap_frame *frame, const struct action *action, const struct siginfo *info,
                       sigset restore_mask)
{
    vaddr_t sp = stack_for(frame, action);
    u32 fpstate;
    if (!push_fpu(&sp, &fpstate))
        return false;
    bool realtime = action->flags & SA_SIGINFO;
    if (!(realtime ? push_realtime : push_plain)(frame, sp, fpstate, action, info, restore_mask))
        return false;
    frame->eax = (u32)info->signal;
    frame->eip = action->handler;
    frame->eflags &= ~(EFLAGS_DF | EFLAGS_TF | EFLAGS_RF);
    return true;
}

static bool pop_fpu(u32 at)
{
    u8 area[FPU_STATE_BYTES] aligned_to(16);

    if (at == 0)
        return true;
    if (copy_from_user(area, at + offsetof(struct fpstate, fxsave), sizeof(area)))
        return false;
    context_fpu_load(area);
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
    return pop_fpu(sc->fpstate);
}

bool signal_frame_pop(struct trap_frame *f, bool realtime)
{
    struct sigcontext sc;
    u32 mask[2];
    vaddr_t esp = f->esp;
    if (realtime) { /* the handler's RET took return_to */
        vaddr_t frame = esp - 4, uc = frame + offsetof(struct realtime_frame, uc);
        if (copy_from_user(&sc, uc + offsetof(struct ucontext, mcontext), sizeof(sc)) ||
            copy_from_user(mask, uc + offsetof(struct ucontext, sigmask), sizeof(mask)))
            return false;
    } else { /* and the restorer's POP took the signal number */
        vaddr_t frame = esp - 8;
        if (copy_from_user(&sc, frame + offsetof(struct plain_frame, head.sc), sizeof(sc)) ||
            copy_from_user(&mask[1], frame + offsetof(struct plain_frame, tail.extramask), 4))
            return false;
        mask[0] = sc.oldmask;
    }
    signal_set_blocked((u64)mask[1] << 32 | mask[0]);
    return restore_context(f, &sc);
}
