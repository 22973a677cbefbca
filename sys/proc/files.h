/* /proc: what the kernel and its processes say of themselves, as programs read it. */
#pragma once
struct text;
struct inode;
struct process;
/* Makes /proc with all its files. 0 or -errno. Once, from sys_init(). */
int proc_init(void);
/* /proc/PID's directory for a process number, or NULL; *error: -ENOMEM if that is why. */
struct inode *proc_process_dir(int pid, int *error);
/* Adds the machine's own files to the directory. 0 or -errno. */
int proc_machine_init(struct inode *proc);
/* The same for /proc/sys. */
int proc_tunables_init(struct inode *proc);
/* The same for /proc/fail_*; in the product there are none. */
int proc_failures_init(struct inode *proc);
