/* The handlers of all system calls, by file. Each is Linux's call of that name: section 2 of the manual. Task
 * context, interrupts on, nothing held; a negative result is -errno. Generated numbers and names:
 * sys/syscall_table.h. */
#pragma once
#include "lib/errno.h"
#include "lib/types.h"

/* Results that only the way back to user mode sees (ERESTARTSYS is lib/errno.h's): run again unless a handler
 * ran; */
#define ERESTARTNOHAND 514
/* continue as restart_syscall, unless a handler ran. */
#define ERESTART_BLOCK     516
#define NR_restart_syscall 0u

/* A full barrier on every CPU. Sleeps not; no spinlock held. */
void barrier_on_all_cpus(void);

/* sys/file/epoll_calls.c */
s32 sys_epoll_create(s32 size);
s32 sys_epoll_create1(u32 flags);
s32 sys_epoll_ctl(int set, u32 op, int fd, vaddr_t event);
s32 sys_epoll_wait(int set, vaddr_t events, s32 most, s32 timeout_ms);
s32 sys_epoll_pwait(int set, vaddr_t events, s32 most, s32 timeout_ms, vaddr_t mask, u32 size);
s32 sys_epoll_pwait2(int set, vaddr_t events, s32 most, vaddr_t time, vaddr_t mask, u32 size);

/* sys/file/eventfd.c */
s32 sys_eventfd2(u32 initial, u32 flags);
s32 sys_eventfd(u32 initial);

/* sys/file/timerfd.c */
s32 sys_timerfd_create(u32 clock, u32 flags);
s32 sys_timerfd_settime(int fd, u32 flags, vaddr_t new_value, vaddr_t old_value);
s32 sys_timerfd_settime64(int fd, u32 flags, vaddr_t new_value, vaddr_t old_value);
s32 sys_timerfd_gettime(int fd, vaddr_t value);
s32 sys_timerfd_gettime64(int fd, vaddr_t value);

/* sys/file/signalfd.c */
s32 sys_signalfd(int fd, vaddr_t mask, u32 size);
s32 sys_signalfd4(int fd, vaddr_t mask, u32 size, u32 flags);

/* sys/process/exec.c */
s32 sys_execve(vaddr_t path_at, vaddr_t argv, vaddr_t envp);

/* sys/process/exit.c */
s32 sys_exit(u32 code);
s32 sys_exit_group(u32 code);

/* sys/file/dents.c */
s32 sys_getdents64(int fd, vaddr_t to, u32 size);

/* sys/file/fd.c */
s32 sys_dup(int fd);
s32 sys_dup3(int old, int new, u32 flags);
s32 sys_dup2(int old, int new);
s32 sys_fcntl64(int fd, u32 command, u32 arg);
s32 sys_ioctl(int fd, u32 command, vaddr_t arg);

/* sys/file/lock.c */
s32 sys_flock(int fd, u32 operation);

/* sys/file/io.c */
s32 sys_read(int fd, vaddr_t to, size_t n);
s32 sys_write(int fd, vaddr_t from, size_t n);
s32 sys_pread64(int fd, vaddr_t to, size_t n, u32 low, u32 high);
s32 sys_pwrite64(int fd, vaddr_t from, size_t n, u32 low, u32 high);
s32 sys_readv(int fd, vaddr_t iov, u32 count);
s32 sys_writev(int fd, vaddr_t iov, u32 count);
s32 sys_preadv(int fd, vaddr_t iov, u32 count, u32 low, u32 high);
s32 sys_pwritev(int fd, vaddr_t iov, u32 count, u32 low, u32 high);
s32 sys_lseek(int fd, s32 offset, int whence);
s32 sys__llseek(int fd, u32 high, u32 low, vaddr_t result_at, int whence);
s32 sys_ftruncate(int fd, s32 size);
s32 sys_ftruncate64(int fd, u32 low, u32 high);
s32 sys_fallocate(int fd, u32 mode, u32 offset_low, u32 offset_high, u32 length_low, u32 length_high);
s32 sys_fsync(int fd);
s32 sys_fdatasync(int fd);
s32 sys_syncfs(int fd);
s32 sys_sync(void);
s32 sys_fadvise64(int fd, u32 offset_low, u32 offset_high, s32 length, u32 advice);
s32 sys_fadvise64_64(int fd, u32 offset_low, u32 offset_high, u32 low, u32 high, u32 advice);
s32 sys_readahead(int fd);
s32 sys_truncate(vaddr_t name, s32 size);
s32 sys_truncate64(vaddr_t name, u32 low, u32 high);

/* sys/file/name.c */
s32 sys_mkdirat(int dirfd, vaddr_t name, u32 mode);
s32 sys_mkdir(vaddr_t name, u32 mode);
s32 sys_mknodat(int dirfd, vaddr_t name, u32 mode, u32 rdev);
s32 sys_mknod(vaddr_t name, u32 mode, u32 rdev);
s32 sys_symlinkat(vaddr_t target_at, int dirfd, vaddr_t name);
s32 sys_symlink(vaddr_t target, vaddr_t name);
s32 sys_linkat(int old_dir, vaddr_t old_name, int new_dir, vaddr_t new_name, u32 flags);
s32 sys_link(vaddr_t old_name, vaddr_t new_name);
s32 sys_unlinkat(int dirfd, vaddr_t name, u32 flags);
s32 sys_unlink(vaddr_t name);
s32 sys_rmdir(vaddr_t name);
s32 sys_renameat2(int old_dir, vaddr_t old_name, int new_dir, vaddr_t new_name, u32 flags);
s32 sys_renameat(int old_dir, vaddr_t old_name, int new_dir, vaddr_t new_name);
s32 sys_rename(vaddr_t old_name, vaddr_t new_name);
s32 sys_readlinkat(int dirfd, vaddr_t name, vaddr_t to, s32 size);
s32 sys_readlink(vaddr_t name, vaddr_t to, s32 size);
s32 sys_chdir(vaddr_t name);
s32 sys_fchdir(int fd);
s32 sys_getcwd(vaddr_t to, u32 size);
s32 sys_umask(u32 mask);

/* sys/file/open.c */
s32 sys_openat(int dirfd, vaddr_t name, u32 flags, u32 mode);
s32 sys_open(vaddr_t name, u32 flags, u32 mode);
s32 sys_creat(vaddr_t name, u32 mode);
s32 sys_close(int fd);
s32 sys_close_range(u32 first, u32 last, u32 flags);
s32 sys_memfd_create(vaddr_t name, u32 flags);
s32 sys_pipe2(vaddr_t fds_at, u32 flags);
s32 sys_pipe(vaddr_t fds_at);

/* sys/file/poll.c */
s32 sys_poll(vaddr_t fds, u32 n, s32 timeout_ms);
s32 sys_ppoll(vaddr_t fds, u32 n, vaddr_t time, vaddr_t mask, u32 size);
s32 sys_ppoll_time64(vaddr_t fds, u32 n, vaddr_t time, vaddr_t mask, u32 size);

/* sys/file/select.c */
s32 sys__newselect(u32 n, vaddr_t in, vaddr_t out, vaddr_t except, vaddr_t timeval);
s32 sys_pselect6(u32 n, vaddr_t in, vaddr_t out, vaddr_t except, vaddr_t time, vaddr_t pack);
s32 sys_pselect6_time64(u32 n, vaddr_t in, vaddr_t out, vaddr_t except, vaddr_t time, vaddr_t pack);

/* sys/file/send.c */
s32 sys_sendfile(int out, int in, vaddr_t offset_at, size_t n);
s32 sys_sendfile64(int out, int in, vaddr_t offset_at, size_t n);
s32 sys_copy_file_range(int in, vaddr_t in_at, int out, vaddr_t out_at, size_t n, u32 flags);

/* sys/file/stat.c */
s32 sys_stat64(vaddr_t name, vaddr_t to);
s32 sys_lstat64(vaddr_t name, vaddr_t to);
s32 sys_fstat64(int fd, vaddr_t to);
s32 sys_fstatat64(int dirfd, vaddr_t name, vaddr_t to, u32 flags);
s32 sys_statx(int dirfd, vaddr_t name, u32 flags, u32 mask, vaddr_t to);
s32 sys_statfs64(vaddr_t name, u32 size, vaddr_t to);
s32 sys_fstatfs64(int fd, u32 size, vaddr_t to);

/* sys/file/attributes.c */
s32 sys_fchmodat(int dirfd, vaddr_t name, u32 mode);
s32 sys_chmod(vaddr_t name, u32 mode);
s32 sys_fchmod(int fd, u32 mode);
s32 sys_fchownat(int dirfd, vaddr_t name, u32 uid, u32 gid, u32 flags);
s32 sys_chown32(vaddr_t name, u32 uid, u32 gid);
s32 sys_lchown32(vaddr_t name, u32 uid, u32 gid);
s32 sys_fchown32(int fd, u32 uid, u32 gid);
s32 sys_faccessat(int dirfd, vaddr_t name, u32 mode);
s32 sys_access(vaddr_t name, u32 mode);
s32 sys_utimensat(int dirfd, vaddr_t name, vaddr_t times, u32 flags);
s32 sys_futimesat(int dirfd, vaddr_t name, vaddr_t times);
s32 sys_utimes(vaddr_t name, vaddr_t times);
s32 sys_utime(vaddr_t name, vaddr_t times);
s32 sys_utimensat_time64(int dirfd, vaddr_t name, vaddr_t times, u32 flags);

/* sys/process/clone_calls.c */
s32 sys_clone(u32 flags, vaddr_t stack, vaddr_t parent_tid, vaddr_t tls, vaddr_t child_tid);
s32 sys_fork(void);
s32 sys_vfork(void);
s32 sys_clone3(vaddr_t args_at, u32 size);
s32 sys_set_tid_address(vaddr_t addr);

/* sys/futex/calls.c */
s32 sys_futex(vaddr_t addr, u32 op, u32 value, vaddr_t time, vaddr_t addr2, u32 value3);
s32 sys_futex_time64(vaddr_t addr, u32 op, u32 value, vaddr_t time, vaddr_t addr2, u32 value3);

/* sys/futex/waitv.c */
s32 sys_futex_waitv(vaddr_t from, u32 count, u32 flags, vaddr_t time, u32 clock);
/* sys/futex/robust.c */
s32 sys_set_robust_list(vaddr_t head, size_t size);
s32 sys_get_robust_list(s32 tid, vaddr_t head_at, vaddr_t size_at);

/* sys/process/identity.c */
s32 sys_getpid(void);
s32 sys_gettid(void);
s32 sys_getppid(void);
s32 sys_getpgrp(void);
s32 sys_getpgid(s32 pid);
s32 sys_getsid(s32 pid);
s32 sys_setpgid(s32 pid, s32 group);
s32 sys_setsid(void);
s32 sys_getuid32(void);
s32 sys_geteuid32(void);
s32 sys_getgid32(void);
s32 sys_getegid32(void);
s32 sys_setuid32(u32 id);
s32 sys_setgid32(u32 id);
s32 sys_setreuid32(u32 real, u32 effective);
s32 sys_setregid32(u32 real, u32 effective);
s32 sys_setresuid32(u32 r, u32 e, u32 s);
s32 sys_setresgid32(u32 r, u32 e, u32 s);
s32 sys_getresuid32(vaddr_t a, vaddr_t b, vaddr_t c);
s32 sys_getresgid32(vaddr_t a, vaddr_t b, vaddr_t c);
s32 sys_getgroups32(int size, vaddr_t to);
s32 sys_setgroups32(int size, vaddr_t from);
s32 sys_prctl(u32 option, u32 arg);

/* sys/process/limits.c */
s32 sys_prlimit64(s32 pid, u32 which, vaddr_t new_at, vaddr_t old_at);
s32 sys_ugetrlimit(u32 which, vaddr_t to);
s32 sys_setrlimit(u32 which, vaddr_t from);

/* sys/time/itimer.c */
s32 sys_setitimer(u32 which, vaddr_t new_value, vaddr_t old_value);
s32 sys_getitimer(u32 which, vaddr_t value);
s32 sys_alarm(u32 seconds);

/* sys/memory/calls.c */
s32 sys_mmap2(vaddr_t addr, u32 length, u32 prot, u32 flags, int fd, u32 pgoff);
s32 sys_mmap(vaddr_t args_at);
s32 sys_munmap(vaddr_t addr, u32 length);
s32 sys_mprotect(vaddr_t addr, u32 length, u32 prot);
s32 sys_mremap(vaddr_t old, u32 old_length, u32 new_length, u32 flags, vaddr_t new_addr);
s32 sys_remap_file_pages(vaddr_t start, u32 length, u32 prot, u32 pgoff, u32 flags);
s32 sys_madvise(vaddr_t addr, u32 length, int advice);
s32 sys_brk(vaddr_t new_brk);
s32 sys_mincore(vaddr_t addr, u32 length, vaddr_t to);
s32 sys_msync(vaddr_t addr, u32 length, int flags);
s32 sys_mlock(vaddr_t addr, u32 length);
s32 sys_munlock(vaddr_t addr, u32 length);
s32 sys_mlock2(vaddr_t addr, u32 length, u32 flags);
s32 sys_mlockall(u32 flags);
s32 sys_munlockall(void);
s32 sys_membarrier(u32 command, u32 flags);

/* sys/memory/shm.c */
s32 sys_shmget(s32 key, u32 size, u32 flags);
s32 sys_shmat(s32 id, vaddr_t at, u32 flags);
s32 sys_shmdt(vaddr_t at);
s32 sys_shmctl(s32 id, u32 command, vaddr_t buffer);
s32 sys_ipc(u32 call, u32 first, u32 second, u32 third, vaddr_t pointer);
/* shmctl as ipc(2) has it, too: then the 64-bit layouts must be asked for (always_64 false). */
s32 shm_control(s32 id, u32 command, vaddr_t buffer, bool always_64);

/* sys/memory/userfaultfd.c */
s32 sys_userfaultfd(u32 flags);

/* sys/memory/process_vm.c */
s32 sys_process_vm_readv(s32 pid, vaddr_t local, u32 local_count, vaddr_t remote, u32 remote_count,
                         u32 flags);
s32 sys_process_vm_writev(s32 pid, vaddr_t local, u32 local_count, vaddr_t remote, u32 remote_count,
                          u32 flags);

/* sys/misc.c */
s32 sys_uname(vaddr_t to);
s32 sys_sysinfo(vaddr_t to);
s32 sys_getrandom(vaddr_t to, size_t n, u32 flags);
s32 sys_personality(u32 wanted);
s32 sys_sethostname(vaddr_t name, u32 n);
s32 sys_syslog(int action, vaddr_t to, s32 n);
s32 sys_vhangup(void);
s32 sys_capget(vaddr_t header, vaddr_t data);
s32 sys_absent(void);

/* sys/process/sched_calls.c */
s32 sys_sched_yield(void);
s32 sys_sched_getaffinity(s32 tid, u32 size, vaddr_t to);
s32 sys_sched_setaffinity(s32 tid, u32 size, vaddr_t from);
s32 sys_getcpu(vaddr_t cpu_at, vaddr_t node_at);
s32 sys_sched_getscheduler(s32 tid);
s32 sys_sched_setscheduler(s32 tid, u32 policy, vaddr_t param);
s32 sys_sched_getparam(s32 tid, vaddr_t to);
s32 sys_sched_rr_get_interval(s32 tid, vaddr_t to);
s32 sys_sched_rr_get_interval_time64(s32 tid, vaddr_t to);
s32 sys_sched_setparam(s32 tid, vaddr_t from);
s32 sys_sched_get_priority_max(u32 policy);
s32 sys_sched_get_priority_min(u32 policy);
s32 sys_getpriority(u32 which, s32 who);
s32 sys_setpriority(u32 which, s32 who, int nice);
s32 sys_nice(int by);

/* sys/signal/action.c */
s32 sys_rt_sigaction(int signal, vaddr_t new_at, vaddr_t old_at, u32 size);
s32 sys_sigaction(int signal, vaddr_t new_at, vaddr_t old_at);
s32 sys_signal(int signal, u32 handler);
/* sys/signal/mask.c */
s32 sys_rt_sigprocmask(u32 how, vaddr_t new_at, vaddr_t old_at, u32 size);
s32 sys_sigprocmask(u32 how, vaddr_t new_at, vaddr_t old_at);
s32 sys_rt_sigpending(vaddr_t to, u32 size);
s32 sys_sigpending(vaddr_t to);
s32 sys_pause(void);
s32 sys_rt_sigsuspend(vaddr_t mask_at, u32 size);
s32 sys_sigsuspend(u32 unused1, u32 unused2, u32 mask);
/* sys/signal/timedwait.c */
s32 sys_rt_sigtimedwait(vaddr_t set, vaddr_t info, vaddr_t time, u32 size);
s32 sys_rt_sigtimedwait_time64(vaddr_t set, vaddr_t info, vaddr_t time, u32 size);
/* sys/signal/kill.c */
s32 sys_kill(s32 pid, int signal);
s32 sys_tgkill(s32 group, s32 tid, int signal);
s32 sys_tkill(s32 tid, int signal);
s32 sys_rt_sigqueueinfo(s32 pid, int signal, vaddr_t info_at);
s32 sys_rt_tgsigqueueinfo(s32 group, s32 tid, int signal, vaddr_t info_at);
/* sys/signal/stack.c */
s32 sys_sigaltstack(vaddr_t new_at, vaddr_t old_at);
s32 sys_sigreturn(void);
s32 sys_rt_sigreturn(void);

/* sys/time/time.c */
s32 sys_clock_gettime(u32 clock, vaddr_t to);
s32 sys_clock_gettime64(u32 clock, vaddr_t to);
s32 sys_clock_getres(u32 clock, vaddr_t to);
s32 sys_clock_getres_time64(u32 clock, vaddr_t to);
s32 sys_gettimeofday(vaddr_t to, vaddr_t zone);
s32 sys_time(vaddr_t to);
s32 sys_times(vaddr_t to);
s32 sys_getrusage(int who, vaddr_t to);
s32 sys_restart_syscall(void);
s32 sys_nanosleep(vaddr_t time, vaddr_t remaining);
s32 sys_clock_nanosleep(u32 clock, u32 flags, vaddr_t time, vaddr_t remaining);
s32 sys_clock_nanosleep_time64(u32 clock, u32 flags, vaddr_t time, vaddr_t remaining);

/* sys/time/posix_timer_calls.c */
s32 sys_timer_create(u32 clock, vaddr_t event, vaddr_t id_at);
s32 sys_timer_settime(s32 id, u32 flags, vaddr_t new_value, vaddr_t old_value);
s32 sys_timer_settime64(s32 id, u32 flags, vaddr_t new_value, vaddr_t old_value);
s32 sys_timer_gettime(s32 id, vaddr_t value);
s32 sys_timer_gettime64(s32 id, vaddr_t value);
s32 sys_timer_getoverrun(s32 id);
s32 sys_timer_delete(s32 id);

/* sys/process/tls.c */
s32 sys_set_thread_area(vaddr_t desc);
s32 sys_get_thread_area(vaddr_t desc);

/* sys/process/wait.c */
s32 sys_wait4(s32 who, vaddr_t status_at, u32 options, vaddr_t rusage_at);
s32 sys_waitpid(s32 who, vaddr_t status_at, u32 options);
s32 sys_waitid(u32 type, s32 id, vaddr_t info_at, u32 options, vaddr_t rusage_at);
