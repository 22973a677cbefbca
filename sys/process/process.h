/*
 * Processes and their threads: what sched/ knows as a task is a thread here.
 *
 * Key: (c) constant; (P) process_lock, a mutex: the whole family tree, every list of threads;
 * (s) signal_lock of the process, a spinlock with interrupts off; (Ps) either to read, both to write;
 * (o) the thread itself; (a) atomic or READ_ONCE.
 *
 * A process lives from fork until its parent reaps it under (P). A thread record lives until the thread has
 * left every list, under (P) and (s): whoever holds either sees whole threads.
 */
#pragma once
#include "fs/file.h"
#include "mm/space/commit.h"
#include "mm/space/mm.h"
#include "sched/sched.h"
#include "sync/mutex.h"
#include "sys/process/usage.h"
#include "sys/signal/signals.h"

/* Where paths start and what new files may be: shared by CLONE_FS. */
struct fs_context {
    atomic_t refs;
    struct spinlock lock; /* RANK_LEAF: guards cwd */
    struct inode *cwd;    /* referenced */
    u32 umask;            /* (a) */
};
struct fd_table;

/* A parent asleep in vfork: the child opens it when it lets go of the parent's memory. One reference each. */
struct vfork_gate {
    atomic_t refs;
    struct waitqueue wait;
    u32 open; /* (a) */
};

/* setrlimit(2)'s numbers. */
enum {
    RLIMIT_CPU = 0,
    RLIMIT_FSIZE,
    RLIMIT_DATA = 2,
    RLIMIT_STACK,
    RLIMIT_CORE,
    RLIMIT_NOFILE = 7,
    RLIMIT_MEMLOCK,
    RLIMIT_AS,
    RLIMIT_MSGQUEUE = 12,
    RLIMIT_NICE,
    RLIMIT_RTPRIO,
    RLIMITS = 16,
};
#define RLIM_INFINITY (~0ull)
#define CPU_UNLIMITED 0xffffffffu

/* Of the processor time that a process has used, in ns; next 0: off. */
struct cpu_timer {
    u64 next, interval;
};

struct thread {
    struct task *task;               /* (c) one reference */
    struct process *process;         /* (c) */
    s32 tid;                         /* (P); exec gives the survivor its process's number */
    struct list link;                /* (Ps) in process->threads */
    struct list hash;                /* (P) */
    sigset blocked;                  /* (s) to write; (o) to read */
    sigset saved_mask;               /* (o) sigsuspend's and ppoll's: goes back after the handler */
    bool has_saved_mask;             /* (o) */
    sigset awaited;                  /* (s) rt_sigtimedwait's: blocked, yet these wake it */
    u32 alt_sp, alt_size, alt_flags; /* (o) sigaltstack */
    struct {
        s32 (*again)(void);
        u64 deadline; /* clock_ns() */
        vaddr_t at;   /* a sleep's timespec for what remains, or 0; a futex */
        u32 value, bitset;
        bool time64, shared;
    } restart;                     /* (o) what restart_syscall continues */
    u8 policy;                     /* (P) to write; (a) sched(7): told to who asks */
    vaddr_t clear_tid;             /* (o) CLONE_CHILD_CLEARTID */
    vaddr_t set_tid;               /* (o) CLONE_CHILD_SETTID: written before its first instruction */
    vaddr_t robust_list;           /* (o) */
    bool enter_first;              /* (o) the first program's first thread: execs on its way out */
    struct fd_table *files;        /* (o) */
    struct fs_context *fs;         /* (o) */
    struct vfork_gate *vfork_gate; /* (o) */
    struct pending pending;        /* (s) last: its end is not cleared */
};

struct process {
    s32 pid;                       /* (c) */
    s32 parent_pid;                /* (a) copy of parent->pid, so that getppid takes no lock */
    s32 group, session;            /* (P) */
    struct process *parent;        /* (P) NULL: the kernel's own root */
    struct list children, sibling; /* (P) */
    struct list hash;              /* (P) */
    struct spinlock signal_lock;   /* RANK_SIGNAL, interrupts off */
    struct list threads;           /* (Ps) */
    u32 live;                      /* (Ps) threads in the list */
    struct actions *actions;       /* (s) the pointer */
    bool group_exiting;            /* (s); READ_ONCE by its threads */
    u32 exit_code;                 /* (s) as wait4 gives it */
    bool zombie;                   /* (P) */
    bool is_first;                 /* (c) the first program: its end is the machine's */
    bool stopped, stop_unreported, continue_unreported; /* (s) */
    bool continue_unsaid;                               /* (s) the SIGCHLD of it is still to be sent */
    u32 stop_signal;                                    /* (s) */
    struct waitqueue stop_wait;
    struct task *exec_task; /* (s) the thread that execs: all others leave */
    struct waitqueue exec_wait;
    u32 exit_signal;                  /* (P) what the parent gets: SIGCHLD or clone's choice */
    struct waitqueue child_wait;      /* waiters for children */
    atomic_t child_events;            /* rises with each change of a child: tested around the sleep */
    struct timer itimer;              /* ITIMER_REAL */
    u64 itimer_next, itimer_interval; /* (s) ns; 0: off */
    struct cpu_timer cpu_timers[2];   /* (s) ITIMER_VIRTUAL, ITIMER_PROF */
    struct list posix_timers;         /* (P) struct posix_timer, as they were created */
    struct list cpu_armed;            /* (s) those of them that wait for processor time */
    s32 next_timer_id;                /* (P) */
    u32 cpu_soft, cpu_hard;           /* (a) RLIMIT_CPU in seconds, or CPU_UNLIMITED */
    u32 cpu_warned;                   /* (s) no SIGXCPU before so many seconds */
    bool watches_cpu;                 /* (a) one of these counts: the tick looks */
    u64 start_ns;                     /* (c) */
    struct usage used_by_ended;       /* (s) threads that are gone */
    struct usage used_by_children;    /* (P) those that were waited for, and theirs */
    u64 limits[RLIMITS][2];           /* (P) to write: soft and hard, as setrlimit(2) has them */
    struct memory_limits memory;      /* (a) those that mm/ asks for; its tasks point to it */
    int oom_score_adj;                /* (a) -1000 (never the victim) to 1000: proc(5) */
    bool has_execed;                  /* (P) */
    bool undumpable, keeps_caps, no_new_privs; /* (a) prctl(2): kept and shown */
    u32 personality;                           /* (a) kept and shown */
    bool is_subreaper;                         /* (P) orphans below it become its children: prctl(2) */
    u32 death_signal;                          /* (P) what it gets when its parent ends, or 0: prctl(2) */
    struct inode *exe;                         /* (P) referenced; NULL before the first exec */
    u32 uid[3], gid[3];     /* (a) real, effective, saved: kept and shown, nothing is refused */
    struct pending pending; /* (s) signals for whichever thread; last: its end is not cleared */
};

extern struct mutex process_lock; /* RANK_PROCESS */
extern struct process *process_root;

static inline struct thread *thread_current(void)
{
    return current->private;
}
static inline struct process *process_current(void)
{
    return current->process;
}

/* Makes process_root, the kernel's own. Orphans see the number 1 as their parent's. Once. */
void process_init(void);
/* A process without threads, child of `parent`, linked into the tree; NULL when no memory. */
struct process *process_create(struct process *parent, s32 pid, struct actions *actions)
    must_hold(&process_lock);
/* The limits that mm/ asks for follow from `limits` and the user; after a change of either. Under (P), but
 * for a process that nobody knows yet. */
void process_update_limits(struct process *process);
void process_init_limits(struct process *process);
/* Frees a process that no list holds. */
void process_free(struct process *process) must_hold(&process_lock);
struct process *process_find(s32 pid) must_hold(&process_lock);
struct thread *thread_find(s32 tid) must_hold(&process_lock);
/* Every process, zombies included; fn must not sleep on (P). */
void process_for_each(void (*fn)(struct process *, void *), void *arg) must_hold(&process_lock);
/* Adds the thread to its process and the tid table. */
void thread_link(struct thread *thread) must_hold(&process_lock);
void thread_unlink(struct thread *thread) must_hold(&process_lock);
/* exec by a thread that was not the first: from now on it answers to the process's number. */
void thread_take_pid(struct thread *thread) must_hold(&process_lock);
struct thread *thread_create(struct process *process, const char *comm, s32 tid);
void thread_free(struct thread *thread); /* records and shared tables; not the task */

struct fs_context *fs_context_create(struct inode *cwd, u32 umask);
struct fs_context *fs_context_copy(struct fs_context *from);
void fs_context_put(struct fs_context *fs);
struct inode *fs_context_cwd(struct fs_context *fs); /* referenced */
void fs_context_set_cwd(struct fs_context *fs, struct inode *cwd);

/* ---- ends (exit.c) ---- */
/* The running thread leaves; the last one of a process takes the process with it. `code` as wait4 gives it.
 */
noreturn void thread_exit(u32 code);
/* Every thread of the process is to leave; the first caller's code counts. Under signal_lock. */
void process_end_locked(struct process *process, u32 code);
/* The running thread's process ends. Does not return. */
noreturn void process_exit(u32 code);
/* The memory is let go of (exec, exit): clear_tid, robust futexes, vfork's parent. Sleeps; the mm is still
 * loaded. */
void thread_release_memory(struct thread *thread);
void vfork_gate_open(struct thread *thread);
void vfork_gate_put(struct vfork_gate *gate);
/* ---- families (family.c) ---- */
/* Nobody is left who could continue the running process's group if it stopped: setpgid(2), "orphaned". */
bool process_is_orphaned(void);
/* The children of a process that ends get another parent; what that means to them and their groups. */
void process_leave_family(struct process *process) must_hold(&process_lock);
/* prctl(2): signal 0 is none. 0 or -EINVAL. */
int process_set_death_signal(u32 signal);
void process_set_subreaper(bool on);
/* A zombie's parent gets its exit signal; one that does not want to know of it reaps it in this way. */
void process_tell_of_end(struct process *process) must_hold(&process_lock);
/* Tells the parent of a stop or continue. */
void process_notify_parent(struct process *process, int code, int status) must_hold(&process_lock);
