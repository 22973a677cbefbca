/* What /proc copies of a process while it cannot go away. */
#pragma once
#include "fs/generated.h"
#include "mm/space/mm.h"
#include "sys/process/process.h"

struct snapshot {
    s32 pid, parent, group, session, nice, exit_signal, oom_score_adj;
    char comm[16], state;
    u32 threads, cpu, uid[3], gid[3];
    struct usage used, used_by_children;
    u64 start_ns, blocked, pending, ignored, caught;
    u64 limits[RLIMITS][2];
    struct mm *mm;     /* a user, or NULL (zombie, kernel) */
    struct inode *exe; /* referenced, or NULL */
};
/* False: there is no such process. snapshot_put() is owed either way. Sleeps. */
bool snapshot_take(s32 pid, struct snapshot *s);
void snapshot_put(struct snapshot *s);
/* The process's space with a user reference, or NULL. */
struct mm *proc_mm(s32 pid);

/* ---- makers of /proc/PID's files, by process number ---- */
void proc_make_maps(struct text *t, u32 pid);
void proc_make_smaps(struct text *t, u32 pid);
void proc_make_smaps_rollup(struct text *t, u32 pid);
void proc_make_status(struct text *t, u32 pid);
void proc_make_stat(struct text *t, u32 pid);
void proc_make_statm(struct text *t, u32 pid);
void proc_make_limits(struct text *t, u32 pid);
void proc_make_oom_score(struct text *t, u32 pid);
void proc_make_oom_score_adj(struct text *t, u32 pid);
int proc_take_oom_score_adj(char *written, u32 pid);

/* /proc/PID/mem and pagemap: a file without a name yet, or NULL. */
struct inode *proc_mem_create(u32 pid);
struct inode *proc_pagemap_create(u32 pid);
/* A number as programs write it, with or without its newline. -EINVAL. */
int proc_parse_number(char *written, s32 least, s32 most, s32 *to);
