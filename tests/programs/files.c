/*
 * Files, folders, descriptors, poll(2) and select(2), and what /proc and /dev say.
 *
 * @libc glibc musl
 * @output all checks passed
 */
#define _GNU_SOURCE
#include "checks.h"
#include <dirent.h>
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

static char own[32]; /* a folder of our own: all is done in there */

static int check_contents(void)
{
    char text[64];
    struct stat st;
    int fd = open("file", O_RDWR | O_CREAT | O_EXCL, 0644);
    check(fd >= 0 && write(fd, "hello world", 11) == 11 && lseek(fd, 6, SEEK_SET) == 6);
    check(read(fd, text, sizeof(text)) == 5 && !memcmp(text, "world", 5));
    check(open("file", O_CREAT | O_EXCL | O_RDWR, 0644) == -1 && errno == EEXIST);
    check(pwrite(fd, "X", 1, 20000) == 1 && fstat(fd, &st) == 0 && st.st_size == 20001 &&
          (st.st_mode & 0777) == 0644);
    check(ftruncate(fd, 3) == 0 && ftruncate(fd, 12) == 0 && pread(fd, text, 12, 0) == 12 &&
          !memcmp(text, "hel\0\0\0", 6));
    return fd;
}

static void check_names(void)
{
    char path[64];
    struct stat st;
    check(link("file", "other") == 0 && stat("other", &st) == 0 && st.st_nlink == 2);
    check(symlink("other", "sym") == 0 && lstat("sym", &st) == 0 && S_ISLNK(st.st_mode));
    check(readlink("sym", path, sizeof(path)) == 5 && open("sym", O_NOFOLLOW | O_RDONLY) == -1 &&
          errno == ELOOP);
    check(rename("other", "sym") == 0 && lstat("sym", &st) == 0 && S_ISREG(st.st_mode));
    check(unlink("sym") == 0 && unlink("sym") == -1 && errno == ENOENT);
    check(rmdir(own) == -1 && errno == ENOTEMPTY);
    check(rmdir("file") == -1 && errno == ENOTDIR && unlink(own) == -1 &&
          (errno == EISDIR || errno == EPERM));
}

static void check_mapped(int fd)
{
    char text[64];
    char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    check(map != MAP_FAILED);
    map[1] = 'E';
    check(pread(fd, text, 2, 0) == 2 && text[1] == 'E');
    check(pwrite(fd, "J", 1, 0) == 1 && map[0] == 'J');
    check(munmap(map, 4096) == 0 && close(fd) == 0);
    check(close(fd) == -1 && errno == EBADF);
}

static void check_folder(void)
{
    char path[64];
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
}

static void check_files(void)
{
    char text[64];
    snprintf(own, sizeof(own), "/tmp/files-%d", getpid());
    mkdir("/tmp", 0777);
    check(mkdir(own, 0755) == 0 && chdir(own) == 0);
    check(getcwd(text, sizeof(text)) && !strcmp(text, own));
    int fd = check_contents();
    check_names();
    check_mapped(fd);
    check_folder();
    check(unlink("file") == 0 && chdir("/") == 0 && rmdir(own) == 0);
}

/* The calls of old programs: utime(2), utimes(2), futimesat(2). C libraries have newer ones behind these names. */
static void check_old_times(void)
{
    const char *name = "/tmp/old_times";
    const int seconds[] = {1000000000, 1500000000};
    const int times[] = {1000000001, 5, 1500000001, 999999}, bad[] = {0, 0, 0, 1000000};
    struct stat st;
    int fd = open(name, O_RDWR | O_CREAT, 0600);
    check(fd >= 0 && syscall(SYS_utime, name, seconds) == 0 && stat(name, &st) == 0);
    check(st.st_atime == seconds[0] && st.st_mtime == seconds[1] && st.st_mtim.tv_nsec == 0);
    check(syscall(SYS_utimes, name, times) == 0 && stat(name, &st) == 0);
    check(st.st_atime == times[0] && st.st_atim.tv_nsec == 5000);
    check(st.st_mtime == times[2] && st.st_mtim.tv_nsec == 999999000);
    check(syscall(SYS_futimesat, AT_FDCWD, name, bad) == -1 && errno == EINVAL);
    check(syscall(SYS_futimesat, fd, NULL, NULL) == 0 && stat(name, &st) == 0 && st.st_mtime > times[2]);
    check(syscall(SYS_utime, NULL, NULL) == -1 && errno == EFAULT);
    close(fd);
    unlink(name);
}

static void check_descriptors(void)
{
    int fd = memfd_create("m", MFD_CLOEXEC);
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
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        await_asleep(parent);
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

/* Who begins again at the start of such a file is told what is true now. */
static void check_proc_again(void)
{
    char text[16] = "", first;
    prctl(PR_SET_NAME, "earlier");
    int fd = open("/proc/self/comm", O_RDONLY);
    check(read(fd, &first, 1) == 1 && first == 'e');
    prctl(PR_SET_NAME, "now");
    check(lseek(fd, 0, SEEK_SET) == 0 && read(fd, text, sizeof(text)) == 4 && !strcmp(text, "now\n"));
    prctl(PR_SET_NAME, "later");
    check(pread(fd, text, sizeof(text), 0) == 6 && !strcmp(text, "later\n"));
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

/* What Linux does where POSIX leaves it open, or says something else. */
static void check_corners(void)
{
    char *memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), c;
    int fd = open("/tmp/corners", O_RDWR | O_CREAT | O_TRUNC, 0600);
    check(fd >= 0 && memory != MAP_FAILED && munmap(memory + 4096, 4096) == 0);
    check(write(fd, "0123456789", 10) == 10);
    check(pread(fd, memory + 4093, 10, 0) == 3 && pwrite(fd, memory + 4094, 10, 0) == 2);
    check(pread(fd, memory + 4096, 10, 0) == -1 && errno == EFAULT);
    check(lseek(fd, 4, SEEK_DATA) == 4 && lseek(fd, 4, SEEK_HOLE) == 10 && lseek(fd, 10, SEEK_DATA) == -1 &&
          errno == ENXIO);
    check(pread(fd, &c, 1, -1) == -1 && errno == EINVAL && ftruncate(fd, -1) == -1 && errno == EINVAL);
    int neither = open("/tmp/corners", O_ACCMODE), appends = open("/tmp/corners", O_WRONLY | O_APPEND);
    check(read(neither, &c, 1) == -1 && errno == EBADF && write(neither, "x", 1) == -1 && errno == EBADF);
    check(pwrite(appends, "x", 1, 0) == 1 && lseek(fd, 0, SEEK_END) == 11);
    check(open("/tmp", O_RDONLY | O_TRUNC) == -1 && errno == EISDIR);
    check(rename("/tmp/corners", "/tmp/corners") == 0 && link("/tmp", "/tmp/corners") == -1 &&
          errno == EEXIST);
    close(open("/tmp/corners", O_RDONLY | O_TRUNC));
    check(lseek(fd, 0, SEEK_END) == 0);
    close(neither);
    close(appends);
    close(fd);
    munmap(memory, 4096);
    unlink("/tmp/corners");
}

int main(int argc, char **argv)
{
    (void)argc;
    setvbuf(stdout, NULL, _IONBF, 0);
    check_files();
    check_descriptors();
    check_poll();
    check_proc(argv[0]);
    check_proc_again();
    check_corners();
    check_old_times();
    return finish();
}
