/* What /proc copies of a process while it cannot go away. */
#pragma once
#include "fs/generated.h"
#include "mm/space/mm.h"
#include "sys/process/process.h"

/* A file of /proc knows whom it tells of by number: a process's, or with this bit a thread's
 * (/proc/PID/task/TID). No number has so many bits. */
#define ONE_THREAD 0x08000000u

struct snapshot {
    s32 pid; /* the process's number */
    s32 tid; /* whose rows these are: the process's number or the one thread's */
    s32 parent, group, session, nice, exit_signal, oom_score_adj;
    char comm[16], state;
    u32 threads, cpu, uid[3], gid[3];
    struct cpumask allowed;
    bool no_new_privs;
    struct usage used, used_by_children;
    u64 start_ns, blocked, ignored, caught;
    u64 pending, own_pending; /* for whichever thread; for this one */
    u64 limits[RLIMITS][2];
    struct mm *mm;     /* a user, or NULL (zombie, kernel) */
    struct inode *exe; /* referenced, or NULL */
};
/* False: there is no such process or thread. snapshot_put() is owed either way. Sleeps. */
bool snapshot_take(u32 who, struct snapshot *s);
void snapshot_put(struct snapshot *s);
/* The process's space with a user reference, or NULL. */
struct mm *proc_mm(u32 who);
/* The process itself, or the one that the thread belongs to; NULL. */
struct process *proc_find(u32 who) must_hold(&process_lock);
/* The thread of `process`, which proc_find() found, whose name and state stand for `who`. NULL: a zombie. */
struct thread *proc_thread(struct process *process, u32 who) must_hold(&process_lock);

/* ---- makers of /proc/PID's files, by number ---- */
void proc_make_maps(struct text *t, u32 who);
void proc_make_smaps(struct text *t, u32 who);
void proc_make_smaps_rollup(struct text *t, u32 who);
void proc_make_status(struct text *t, u32 who);
void proc_make_stat(struct text *t, u32 who);
void proc_make_statm(struct text *t, u32 who);
void proc_make_limits(struct text *t, u32 who);
void proc_make_oom_score(struct text *t, u32 who);
void proc_make_oom_score_adj(struct text *t, u32 who);
int proc_take_oom_score_adj(char *written, u32 who);

/* /proc/PID/mem and pagemap: a file without a name yet, or NULL. */
struct inode *proc_mem_create(u32 who);
struct inode *proc_pagemap_create(u32 who);
/* A number as programs write it, with or without its newline. -EINVAL. */
int proc_parse_number(char *written, s32 least, s32 most, s32 *to);

/* ---- links.c ---- */
enum link_kind { LINK_EXE = 0x10000000, LINK_CWD = 0x20000000, LINK_FD = 0x30000000, LINK_ROOT = 0x40000000 };
/* A link to what `what` says, a kind and a number: a process's, or a descriptor of the one who looks. NULL: no
 * memory. */
struct inode *proc_link_create(u32 what);
/* /proc/PID/fd of the one who looks, or NULL. */
struct inode *proc_fd_dir_create(void);
/* ---- threads.c ---- */
/* /proc/PID/task, or NULL. */
struct inode *proc_task_dir_create(u32 pid);
