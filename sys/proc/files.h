/* /proc: what the kernel and its processes say of themselves, as programs read it. */
#pragma once
#include "lib/types.h"
struct text;
struct inode;
struct process;
struct dir_reader;
/* Makes /proc with all its files. 0 or -errno. Once, from sys_init(). */
int proc_init(void);
/* /proc/PID's directory, or a thread's (snapshot.h says how `who` names them), or NULL; *error: -ENOMEM if that
 * is why. */
struct inode *proc_process_dir(u32 who, int *error);
/* Adds the machine's own files to the directory. 0 or -errno. */
int proc_machine_init(struct inode *proc);
/* The same for those about the processors. */
int proc_processors_init(struct inode *proc);
/* The same for /proc/sys. */
int proc_tunables_init(struct inode *proc);
/* The same for /proc/fail_*; in the product there are none. */
int proc_failures_init(struct inode *proc);
/* Lists directories with numbers for names, in their order. next(after, arg): the least number above `after`, or
 * 0. A position is the number, so that a reader goes on at the right place while they come and go. */
void proc_list_numbers(struct dir_reader *reader, s32 (*next)(s32 after, s32 arg), s32 arg);
/* Makers of mounts and mountinfo; the number says nothing. */
void proc_make_mounts(struct text *t, u32 unused);
void proc_make_mountinfo(struct text *t, u32 unused);
