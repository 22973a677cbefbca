/*
 * One check a line of what static programs need of the ring-3 edge: processes, signals, threads, files, time.
 * Each check names the manual page whose sentence it tests; the program ends with the number of failures.
 *
 * @libc glibc musl
 * @output all checks passed
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int failures, checks;
static void check_at(int line, const char *what, int holds)
{
    checks++;
    if (holds)
        return;
    failures++;
    printf("line %d: %s does not hold (errno %d, %s)\n", line, what, errno, strerror(errno));
}
#define check(x) check_at(__LINE__, #x, !!(x))

static int child_status(pid_t pid)
{
    int status = -1;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

/* ---- processes: fork(2), wait(2), vfork(2), execve(2) ---- */
static void check_processes(const char *self)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(getppid() > 0 ? 42 : 1);
    int status = child_status(pid);
    check(WIFEXITED(status) && WEXITSTATUS(status) == 42);
    check(waitpid(-1, &status, 0) == -1 && errno == ECHILD);

    pid = fork();
    if (pid == 0) {
        raise(SIGKILL);
        _exit(0);
    }
    status = child_status(pid);
    check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

    pid = vfork();
    if (pid == 0) {
        execl(self, self, "exit", "7", (char *)NULL);
        _exit(99);
    }
    status = child_status(pid);
    check(WIFEXITED(status) && WEXITSTATUS(status) == 7);

    check(execl("/nowhere", "nowhere", (char *)NULL) == -1 && errno == ENOENT);
    check(execl("/", "dir", (char *)NULL) == -1 && errno == EACCES);

    pid = fork();
    if (pid == 0)
        for (;;)
            pause();
    siginfo_t info = {0};
    check(waitid(P_PID, pid, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0);
    kill(pid, SIGSTOP);
    check(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    kill(pid, SIGCONT);
    check(waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status));
    kill(pid, SIGTERM);
    check(waitid(P_PID, pid, &info, WEXITED) == 0 && info.si_code == CLD_KILLED && info.si_status == SIGTERM);
}

/* exec takes the place of all threads and keeps the process's number: execve(2). */
static void *exec_in_thread(void *self)
{
    char pid[16];
    snprintf(pid, sizeof(pid), "%d", getpid());
    execl(self, self, "same-pid", pid, (char *)NULL);
    _exit(98);
}
static void *sleep_for_ever(void *unused)
{
    for (;;)
        pause();
    return unused;
}
static void check_exec_from_thread(char *self)
{
    pid_t pid = fork();
    if (pid == 0) {
        pthread_t t;
        for (int i = 0; i < 4; i++)
            pthread_create(&t, NULL, sleep_for_ever, NULL);
        pthread_create(&t, NULL, exec_in_thread, self);
        sleep_for_ever(NULL);
    }
    int status = child_status(pid);
    check(WIFEXITED(status) && WEXITSTATUS(status) == 5);
    pid = fork();
    if (pid == 0) {
        pthread_t t;
        for (int i = 0; i < 4; i++)
            pthread_create(&t, NULL, sleep_for_ever, NULL);
        exit(6);
    }
    status = child_status(pid);
    check(WIFEXITED(status) && WEXITSTATUS(status) == 6);
}

/* ---- signals: signal(7) ---- */
static volatile sig_atomic_t caught, last_code;
static void count(int signal)
{
    (void)signal;
    caught++;
}
static void note_info(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    caught++;
    last_code = info->si_code;
}
static volatile double noise = 1.5;
static void use_fpu(int signal)
{
    (void)signal;
    for (int i = 0; i < 100; i++)
        noise = noise * 1.0001 + 0.1;
    caught++;
}
static void set_handler(int signal, void (*fn)(int), int flags)
{
    struct sigaction action = {.sa_handler = fn, .sa_flags = flags};
    check(sigaction(signal, &action, NULL) == 0);
}

static void alarm_in(long microseconds)
{
    /* Again and again: one that came before the call it is meant for would be lost. 0 stops it. */
    struct itimerval timer = {.it_value = {0, microseconds}, .it_interval = {0, microseconds}};
    check(setitimer(ITIMER_REAL, &timer, NULL) == 0);
}

static void check_signals(void)
{
    char byte;
    int ends[2];
    check(pipe(ends) == 0);
    caught = 0;
    set_handler(SIGALRM, count, 0);
    alarm_in(30000);
    check(read(ends[0], &byte, 1) == -1 && errno == EINTR && caught >= 1);
    alarm_in(0);
    caught = 0;
    set_handler(SIGALRM, count, SA_RESTART);
    pid_t pid = fork();
    if (pid == 0) {
        usleep(120000);
        _exit(write(ends[1], "x", 1) != 1);
    }
    alarm_in(30000);
    check(read(ends[0], &byte, 1) == 1 && caught >= 1);
    alarm_in(0);
    check(child_status(pid) == 0);

    set_handler(SIGALRM, use_fpu, 0);
    double sum = 0;
    caught = 0;
    alarm_in(20000);
    for (long i = 1; !caught; i++)
        sum += 1.0 / (double)i / (double)(i + 1);
    alarm_in(0);
    check(sum > 0.4 && sum < 1.001);

    struct sigaction action = {.sa_sigaction = note_info, .sa_flags = SA_SIGINFO | SA_RESETHAND};
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    check(last_code == SI_TKILL);
    check(sigaction(SIGUSR1, NULL, &action) == 0 && action.sa_handler == SIG_DFL);

    sigset_t set, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR2);
    raise(SIGUSR2);
    check(sigpending(&pending) == 0 && sigismember(&pending, SIGUSR2));
    siginfo_t info;
    struct timespec soon = {0, 20000000};
    check(sigtimedwait(&set, &info, &soon) == SIGUSR2);
    check(sigtimedwait(&set, &info, &soon) == -1 && errno == EAGAIN);
    for (int i = 0; i < 3; i++)
        sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 10 + i});
    for (int i = 0; i < 3; i++)
        check(sigwaitinfo(&set, &info) == SIGRTMIN && info.si_value.sival_int == 10 + i &&
              info.si_code == SI_QUEUE);
    sigprocmask(SIG_UNBLOCK, &set, NULL);

    set_handler(SIGUSR1, count, 0);
    sigset_t all, former;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &former);
    caught = 0;
    raise(SIGUSR1);
    check(caught == 0);
    sigset_t none;
    sigemptyset(&none);
    check(sigsuspend(&none) == -1 && errno == EINTR && caught == 1);
    sigset_t now;
    sigprocmask(SIG_SETMASK, &former, &now);
    check(sigismember(&now, SIGUSR1));
    close(ends[0]);
    set_handler(SIGPIPE, count, 0);
    caught = 0;
    check(write(ends[1], "x", 1) == -1 && errno == EPIPE && caught == 1);
    close(ends[1]);
}

static char alt_stack[32768];
static volatile uintptr_t handler_sp;
static sigjmp_buf back;
static void on_overflow(int signal)
{
    int here;
    (void)signal;
    handler_sp = (uintptr_t)&here;
    siglongjmp(back, 1);
}
static int recurse(int depth)
{
    volatile char page[4000];
    page[0] = (char)depth;
    return depth == 1000000 ? 0 : recurse(depth + 1) + page[0]; /* the stack ends long before */
}
/* A stack overflow can only be handled on another stack: sigaltstack(2). */
static void check_alt_stack(void)
{
    stack_t alt = {.ss_sp = alt_stack, .ss_size = sizeof(alt_stack)};
    check(sigaltstack(&alt, NULL) == 0);
    set_handler(SIGSEGV, on_overflow, SA_ONSTACK);
    if (sigsetjmp(back, 1) == 0)
        recurse(0);
    check(handler_sp >= (uintptr_t)alt_stack && handler_sp < (uintptr_t)alt_stack + sizeof(alt_stack));
    set_handler(SIGSEGV, SIG_DFL, 0);
}

static volatile sig_atomic_t fpe_code;
static void on_fpe(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    fpe_code = info->si_code;
    siglongjmp(back, 1);
}
static void check_exceptions(void)
{
    struct sigaction action = {.sa_sigaction = on_fpe, .sa_flags = SA_SIGINFO};
    sigaction(SIGFPE, &action, NULL);
    sigaction(SIGILL, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
    volatile int zero = 0, one = 1;
    if (sigsetjmp(back, 1) == 0)
        one = one / zero;
    check(fpe_code == FPE_INTDIV);
    if (sigsetjmp(back, 1) == 0)
        __asm__ volatile("ud2");
    check(fpe_code == ILL_ILLOPN);
    if (sigsetjmp(back, 1) == 0)
        __asm__ volatile("hlt");
    check(fpe_code == SI_KERNEL);
    signal(SIGFPE, SIG_DFL);
    signal(SIGILL, SIG_DFL);
    signal(SIGSEGV, SIG_DFL);
}

/* ---- threads ---- */
static pthread_mutex_t *robust;
static void *die_with_lock(void *unused)
{
    pthread_mutex_lock(robust);
    return unused;
}
static void check_robust(void)
{
    pthread_mutexattr_t attr;
    robust = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(robust, &attr);
    pthread_t t;
    pthread_create(&t, NULL, die_with_lock, NULL);
    pthread_join(t, NULL);
    check(pthread_mutex_lock(robust) == EOWNERDEAD);
    check(pthread_mutex_consistent(robust) == 0 && pthread_mutex_unlock(robust) == 0);
    int ends[2];
    char byte;
    check(pipe(ends) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        pthread_mutex_lock(robust);
        if (write(ends[1], "x", 1) == 1)
            usleep(50000);
        raise(SIGKILL);
    }
    check(read(ends[0], &byte, 1) == 1);             /* the child has the lock */
    check(pthread_mutex_lock(robust) == EOWNERDEAD); /* and dies while we sleep for it */
    close(ends[0]);
    close(ends[1]);
    child_status(pid);
    munmap(robust, 4096);
}

struct shared {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    int turn;
};
static void check_shared_futex(void)
{
    struct shared *s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t ma;
    pthread_condattr_t ca;
    pthread_mutexattr_init(&ma);
    pthread_mutexattr_setpshared(&ma, PTHREAD_PROCESS_SHARED);
    pthread_condattr_init(&ca);
    pthread_condattr_setpshared(&ca, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&s->mutex, &ma);
    pthread_cond_init(&s->cond, &ca);
    pid_t pid = fork();
    int me = pid == 0;
    for (int i = 0; i < 500; i++) {
        pthread_mutex_lock(&s->mutex);
        while (s->turn % 2 != me)
            pthread_cond_wait(&s->cond, &s->mutex);
        s->turn++;
        pthread_cond_signal(&s->cond);
        pthread_mutex_unlock(&s->mutex);
    }
    if (me)
        _exit(0);
    check(child_status(pid) == 0 && s->turn == 1000);
    munmap(s, 4096);
}

static void check_waits(void)
{
    pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t c = PTHREAD_COND_INITIALIZER;
    struct timespec until, before, after;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 50000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&m);
    check(pthread_cond_timedwait(&c, &m, &until) == ETIMEDOUT);
    pthread_mutex_unlock(&m);
    pthread_t t;
    void *result;
    pthread_create(&t, NULL, sleep_for_ever, NULL);
    usleep(10000);
    check(pthread_cancel(t) == 0 && pthread_join(t, &result) == 0 && result == PTHREAD_CANCELED);
    clock_gettime(CLOCK_MONOTONIC, &before);
    struct timespec nap = {0, 30000000}, left;
    check(nanosleep(&nap, NULL) == 0);
    clock_gettime(CLOCK_MONOTONIC, &after);
    check((after.tv_sec - before.tv_sec) * 1000000000ll + after.tv_nsec - before.tv_nsec >= 30000000);
    set_handler(SIGALRM, count, 0);
    alarm_in(20000);
    nap = (struct timespec){5, 0};
    check(nanosleep(&nap, &left) == -1 && errno == EINTR && left.tv_sec < 5);
    alarm_in(0);
    cpu_set_t set;
    CPU_ZERO(&set);
    check(sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) >= 1);
    CPU_ZERO(&set);
    CPU_SET(0, &set);
    check(sched_setaffinity(0, sizeof(set), &set) == 0 && sched_getcpu() == 0);
}

/* ---- files ---- */
static void check_files(void)
{
    char text[64], path[64], own[32];
    struct stat st;
    snprintf(own, sizeof(own), "/tmp/smoke-%d", getpid());
    mkdir("/tmp", 0777);
    check(mkdir(own, 0755) == 0 && chdir(own) == 0);
    check(getcwd(text, sizeof(text)) && !strcmp(text, own));
    int fd = open("file", O_RDWR | O_CREAT | O_EXCL, 0644);
    check(fd >= 0 && write(fd, "hello world", 11) == 11 && lseek(fd, 6, SEEK_SET) == 6);
    check(read(fd, text, sizeof(text)) == 5 && !memcmp(text, "world", 5));
    check(open("file", O_CREAT | O_EXCL | O_RDWR, 0644) == -1 && errno == EEXIST);
    check(pwrite(fd, "X", 1, 20000) == 1 && fstat(fd, &st) == 0 && st.st_size == 20001 &&
          (st.st_mode & 0777) == 0644);
    check(ftruncate(fd, 3) == 0 && ftruncate(fd, 12) == 0 && pread(fd, text, 12, 0) == 12 &&
          !memcmp(text, "hel\0\0\0", 6));
    check(link("file", "other") == 0 && stat("other", &st) == 0 && st.st_nlink == 2);
    check(symlink("other", "sym") == 0 && lstat("sym", &st) == 0 && S_ISLNK(st.st_mode));
    check(readlink("sym", path, sizeof(path)) == 5 && open("sym", O_NOFOLLOW | O_RDONLY) == -1 &&
          errno == ELOOP);
    check(rename("other", "sym") == 0 && lstat("sym", &st) == 0 && S_ISREG(st.st_mode));
    check(unlink("sym") == 0 && unlink("sym") == -1 && errno == ENOENT);
    check(rmdir(own) == -1 && errno == ENOTEMPTY);
    check(rmdir("file") == -1 && errno == ENOTDIR && unlink(own) == -1 &&
          (errno == EISDIR || errno == EPERM));
    char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    check(map != MAP_FAILED);
    map[1] = 'E';
    check(pread(fd, text, 2, 0) == 2 && text[1] == 'E');
    check(pwrite(fd, "J", 1, 0) == 1 && map[0] == 'J');
    check(munmap(map, 4096) == 0 && close(fd) == 0);
    check(close(fd) == -1 && errno == EBADF);
    for (int i = 0; i < 300; i++) {
        snprintf(path, sizeof(path), "many-%d", i);
        close(open(path, O_CREAT | O_WRONLY, 0600));
    }
    DIR *dir = opendir(".");
    int seen = 0;
    for (struct dirent *e; dir && (e = readdir(dir));) {
        seen++;
        if (!strncmp(e->d_name, "many-", 5))
            unlink(e->d_name);
    }
    closedir(dir);
    check(seen == 303);
    check(unlink("file") == 0 && chdir("/") == 0 && rmdir(own) == 0);
    fd = memfd_create("m", MFD_CLOEXEC);
    check(fd >= 0 && write(fd, "abc", 3) == 3 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
    int copy = dup(fd), high = fcntl(fd, F_DUPFD, 100);
    check(copy >= 0 && lseek(copy, 0, SEEK_CUR) == 3 && high == 100);
    close(fd);
    close(copy);
    close(high);
}

static void check_poll(void)
{
    int ends[2];
    char text[8];
    check(pipe2(ends, O_NONBLOCK) == 0);
    struct pollfd p[2] = {{.fd = ends[0], .events = POLLIN}, {.fd = ends[1], .events = POLLOUT}};
    check(poll(p, 2, 0) == 1 && p[1].revents == POLLOUT && poll(p, 1, 20) == 0);
    check(read(ends[0], text, 1) == -1 && errno == EAGAIN);
    pid_t pid = fork();
    if (pid == 0) {
        usleep(30000);
        _exit(write(ends[1], "y", 1) != 1);
    }
    check(poll(p, 1, 5000) == 1 && p[0].revents == POLLIN);
    fd_set in;
    FD_ZERO(&in);
    FD_SET(ends[0], &in);
    struct timeval tv = {1, 0};
    check(select(ends[0] + 1, &in, NULL, NULL, &tv) == 1 && FD_ISSET(ends[0], &in));
    child_status(pid);
    check(read(ends[0], text, 8) == 1);
    close(ends[1]);
    check(poll(p, 1, 0) == 1 && (p[0].revents & POLLHUP) && read(ends[0], text, 1) == 0);
    close(ends[0]);
    int fd = eventfd(3, EFD_NONBLOCK);
    uint64_t value = 4;
    check(fd >= 0 && write(fd, &value, 8) == 8 && read(fd, &value, 8) == 8 && value == 7);
    check(read(fd, &value, 8) == -1 && errno == EAGAIN);
    close(fd);
}

static void check_proc(const char *self)
{
    char text[256];
    ssize_t n = readlink("/proc/self/exe", text, sizeof(text) - 1);
    check(n > 0 && (text[n] = 0, !strcmp(text, self)));
    FILE *maps = fopen("/proc/self/maps", "r");
    int stack = 0, program = 0;
    while (maps && fgets(text, sizeof(text), maps)) {
        stack |= strstr(text, "[stack]") != NULL;
        program |= strstr(text, self) != NULL;
    }
    check(maps && stack && program);
    if (maps)
        fclose(maps);
    static const char *const files[] = {
        "meminfo",     "vmstat",    "stat",       "cpuinfo",    "uptime",       "loadavg",
        "mounts",      "version",   "kvranges",   "slabinfo",   "lock_stat",    "sys/kernel/pid_max",
        "self/status", "self/stat", "self/statm", "self/smaps", "self/cmdline", "self/fd/0"};
    for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        snprintf(text, sizeof(text), "/proc/%s", files[i]);
        int fd = open(text, O_RDONLY);
        check(fd >= 0);
        if (fd >= 0 && strcmp(files[i], "self/fd/0"))
            check(read(fd, text, sizeof(text)) > 0);
        close(fd);
    }
    struct utsname uts;
    check(uname(&uts) == 0 && !strcmp(uts.sysname, "Linux") && !strcmp(uts.machine, "i686"));
    check(isatty(open("/dev/tty", O_RDWR)) && !isatty(open("/dev/null", O_RDONLY)));
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "exit"))
        return atoi(argv[2]);
    if (argc == 3 && !strcmp(argv[1], "same-pid"))
        return atoi(argv[2]) == getpid() ? 5 : 50;
    static const struct {
        const char *name;
        void (*run)(void);
    } parts[] = {{"signals", check_signals},
                 {"alternate stack", check_alt_stack},
                 {"exceptions", check_exceptions},
                 {"robust mutex", check_robust},
                 {"shared futex", check_shared_futex},
                 {"waits", check_waits},
                 {"files", check_files},
                 {"poll", check_poll}};
    setvbuf(stdout, NULL, _IONBF, 0);
    printf("processes\n");
    check_processes(argv[0]);
    printf("exec from a thread\n");
    check_exec_from_thread(argv[0]);
    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        printf("%s\n", parts[i].name);
        parts[i].run();
    }
    printf("proc\n");
    check_proc(argv[0]);
    printf(failures ? "%d of %d checks failed\n" : "all checks passed\n", failures, checks);
    return failures != 0;
}
