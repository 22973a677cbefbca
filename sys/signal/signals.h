/* Signals: numbers, sets, actions and what a process or thread has pending. signal(7), sigaction(2). */
#pragma once
#include "lib/list.h"
#include "sync/seqcount.h"
#include "sync/spinlock.h"

#define SIGNALS 64
enum {
    SIGHUP = 1,
    SIGINT,
    SIGQUIT,
    SIGILL,
    SIGTRAP,
    SIGABRT,
    SIGBUS,
    SIGFPE,
    SIGKILL,
    SIGUSR1,
    SIGSEGV,
    SIGUSR2,
    SIGPIPE,
    SIGALRM,
    SIGTERM,
    SIGSTKFLT,
    SIGCHLD,
    SIGCONT,
    SIGSTOP,
    SIGTSTP,
    SIGTTIN,
    SIGTTOU,
    SIGURG,
    SIGXCPU,
    SIGXFSZ,
    SIGVTALRM,
    SIGPROF,
    SIGWINCH,
    SIGIO,
    SIGPWR,
    SIGSYS,
    SIGRTMIN,
};
#define SIG_DFL 0u
#define SIG_IGN 1u

/* si_code: sigaction(2). */
enum { SI_USER = 0, SI_KERNEL = 0x80, SI_QUEUE = -1, SI_TIMER = -2, SI_TKILL = -6 };
enum {
    SEGV_MAPERR = 1,
    SEGV_ACCERR = 2,
    BUS_ADRALN = 1,
    BUS_ADRERR = 2,
    ILL_ILLOPN = 2,
    TRAP_BRKPT = 1,
    TRAP_TRACE = 2
};
enum { FPE_INTDIV = 1, FPE_INTOVF, FPE_FLTDIV, FPE_FLTOVF, FPE_FLTUND, FPE_FLTRES, FPE_FLTINV };
enum { CLD_EXITED = 1, CLD_KILLED, CLD_DUMPED, CLD_TRAPPED, CLD_STOPPED, CLD_CONTINUED };

#define SA_NOCLDSTOP 1u
#define SA_NOCLDWAIT 2u
#define SA_SIGINFO   4u
#define SA_RESTORER  0x04000000u
#define SA_ONSTACK   0x08000000u
#define SA_RESTART   0x10000000u
#define SA_NODEFER   0x40000000u
#define SA_RESETHAND 0x80000000u

typedef u64 sigset; /* bit n-1 for signal n, as user space has it */
static inline sigset sig_bit(int signal)
{
    return 1ull << (signal - 1);
}
/* A bit of a set in memory: by words, for shifts of 64 bits are long on this machine. */
static inline bool sig_in(const sigset *set, int signal)
{
    return ((const u32 *)set)[(u32)(signal - 1) / 32] >> (u32)(signal - 1) % 32 & 1;
}
static inline void sig_add(sigset *set, int signal)
{
    ((u32 *)set)[(u32)(signal - 1) / 32] |= 1u << (u32)(signal - 1) % 32;
}
static inline void sig_remove(sigset *set, int signal)
{
    ((u32 *)set)[(u32)(signal - 1) / 32] &= ~(1u << (u32)(signal - 1) % 32);
}
#define UNBLOCKABLE (sig_bit(SIGKILL) | sig_bit(SIGSTOP))

/* The part of siginfo_t that carries anything: user space gets it followed by zeroes, 128 bytes in all. */
struct siginfo {
    s32 signal, error, code;
    u32 field[5]; /* pid uid value | pid uid status utime stime | address */
};

/* struct sigaction of rt_sigaction, i386. */
struct action {
    u32 handler, flags, restorer;
    sigset mask;
} packed;
static_assert(sizeof(struct action) == 20, "struct kernel_sigaction of i386");

/*
 * What to do for each signal. Shared by CLONE_SIGHAND. Written under the lock; a handler word may be read
 * alone without it, a whole action as the sequence says.
 */
struct actions {
    atomic_t refs;
    struct spinlock lock;    /* RANK_LEAF */
    struct seqcount changes; /* of whole actions */
    struct action of[SIGNALS + 1];
};

/* Key: (s) the process's signal_lock. */
struct pending {
    sigset set;        /* (s) */
    struct list queue; /* (s) struct queued_signal, oldest first: real-time ones and timers' */
    u32 plain;         /* (s) which of `standard` are pending, a bit each as in a sigset */
    struct siginfo standard[SIGRTMIN]; /* (s) by number: one that is sent while it is pending is lost. What
                                        * `plain` does not name is never read, nor cleared: it stands last */
};
/* A timer has one of its own, so that its signal needs no memory when it expires; `taken` says so. It is
 * called under signal_lock when the signal is taken, and such an entry is never freed with its queue. */
struct queued_signal {
    struct list link; /* (s) points to itself while it is in no queue */
    struct siginfo info;
    void (*taken)(struct queued_signal *queued);
};

struct process;
struct thread;
struct trap_frame;

/* ---- sending: none sleeps; any context for standard signals; the process is kept alive by the caller ----
 */
void signal_send_process(struct process *process, const struct siginfo *info);
void signal_send_thread(struct thread *thread, const struct siginfo *info);
/* The same for signals that may queue (>= SIGRTMIN): allocates first, so it may sleep. 0 or -EAGAIN. */
int signal_queue(struct process *process, struct thread *thread, const struct siginfo *info);
/* The same with an entry that its owner keeps (`taken` is set), of any number, under signal_lock; any context.
 * Nothing is queued when the receiver ignores the signal. `thread` NULL: for whichever. */
void signal_queue_kept_locked(struct process *process, struct thread *thread, struct queued_signal *queued);
/* Such an entry is pending no longer, if it was; `thread` as when it was queued. Under signal_lock. */
void signal_withdraw_locked(struct process *process, struct thread *thread, struct queued_signal *queued);
/* The running thread did it itself: delivered even when blocked or ignored (then by the default action). */
void signal_force(int signal, int code, u32 address);

/* ---- the thread's own state ---- */
/* A new mask (never KILL, STOP); pending signals that it lets through are noted. Of current. */
void signal_set_blocked(sigset blocked);
sigset signal_pending_set(struct thread *thread); /* (thread or process) and blocked or not */
/* Takes the lowest pending signal of `wanted` out; 0 when there is none. Of current. */
int signal_dequeue(sigset wanted, struct siginfo *info);
static inline bool action_is_handler(const struct action *action)
{
    return action->handler != SIG_DFL && action->handler != SIG_IGN;
}
void pending_init(struct pending *pending);
void pending_free(struct pending *pending);
const char *signal_name(int signal);

struct actions *actions_create(const struct actions *copy_of);
void actions_put(struct actions *actions);
/* exec: caught signals go back to the default. */
void actions_reset(struct actions *actions);
/* An action, whole. */
static inline void action_read(const struct actions *actions, int signal, struct action *action)
{
    u32 seen;
    do {
        seen = seq_read_begin(&actions->changes);
        *action = actions->of[signal];
    } while (seq_read_retry(&actions->changes, seen));
}
/* Would it end the process / stop it / do nothing, when the action is SIG_DFL? */
bool signal_ignored_by_default(int signal);
bool signal_stops_by_default(int signal);

/* ---- frames (signal_frame.c): layouts of i386 Linux ---- */
/* Pushes a handler's frame and points the registers at the handler. false: the stack cannot be written.
 * Sleeps. */
must_check bool signal_frame_push(struct trap_frame *frame, const struct action *action,
                                  const struct siginfo *info, sigset restore_mask);
/* sigreturn: the registers, mask and FPU of the frame on the user's stack. false: unreadable. Sleeps. */
must_check bool signal_frame_pop(struct trap_frame *frame, bool realtime);
