/*
 * Files without a name: O_TMPFILE of open(2), linkat(2). And files that are executed while somebody would
 * write them: ETXTBSY of open(2), truncate(2), execve(2).
 *
 * @libc glibc musl
 * @output all checks passed
 */
#include "checks.h"
#include <sys/mman.h>
#include <sys/stat.h>

static unsigned links_of(int fd)
{
    struct stat st;
    check(fstat(fd, &st) == 0);
    return (unsigned)st.st_nlink;
}

static int link_by_proc(int fd, const char *name)
{
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, path, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
}

static void check_nameless(void)
{
    char text[8] = {0};
    struct stat st;
    int fd = open(".", O_TMPFILE | O_RDWR, 0640);
    check(fd >= 0 && links_of(fd) == 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode));
    check((st.st_mode & 07777) == 0640 && write(fd, "hidden", 6) == 6);
    check(link_by_proc(fd, "shown") == 0 && links_of(fd) == 1);
    int shown = open("shown", O_RDONLY);
    check(read(shown, text, sizeof text) == 6 && strcmp(text, "hidden") == 0);
    check(unlink("shown") == 0 && links_of(fd) == 0);
    check(link_by_proc(fd, "again") == -1 && errno == ENOENT); /* it had a name, and lost it */
    close(shown);
    close(fd);

    fd = open(".", O_TMPFILE | O_WRONLY, 0600);
    check(fd >= 0 && linkat(fd, "", AT_FDCWD, "shown", AT_EMPTY_PATH) == 0);
    check(link_by_proc(fd, "shown") == -1 && errno == EEXIST);
    check(unlink("shown") == 0 && close(fd) == 0);

    fd = open(".", O_TMPFILE | O_RDWR | O_EXCL, 0600);
    check(fd >= 0 && link_by_proc(fd, "shown") == -1 && errno == ENOENT);
    close(fd);
    check(open(".", O_TMPFILE | O_RDONLY, 0600) == -1 && errno == EINVAL);
    check(open("no such folder", O_TMPFILE | O_RDWR, 0600) == -1 && errno == ENOENT);
    check((fd = open("file", O_CREAT | O_RDWR, 0600)) >= 0 && close(fd) == 0);
    check(open("file", O_TMPFILE | O_RDWR, 0600) == -1 && errno == ENOTDIR && unlink("file") == 0);
    check(open("/proc", O_TMPFILE | O_RDWR, 0600) == -1 && errno == EOPNOTSUPP);
}

static void copy_self(const char *name)
{
    static char buffer[65536];
    int from = open("/proc/self/exe", O_RDONLY), to = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0755);
    check(from >= 0 && to >= 0);
    for (ssize_t n; (n = read(from, buffer, sizeof buffer)) > 0;)
        check(write(to, buffer, (size_t)n) == n);
    close(from);
    close(to);
}

static int run(const char *name, int in)
{
    pid_t pid = fork();
    if (pid == 0) {
        dup2(in, 0);
        execl(name, name, "wait", NULL);
        _exit(errno);
    }
    return pid;
}

static void check_executed(void)
{
    int go[2], fd;
    char byte;
    struct stat st;
    copy_self("copy");
    check(pipe(go) == 0);
    int ready[2];
    check(pipe(ready) == 0 && dup2(ready[1], 9) == 9);
    pid_t pid = run("copy", go[0]);
    check(read(ready[0], &byte, 1) == 1); /* it runs */
    check(open("copy", O_WRONLY) == -1 && errno == ETXTBSY);
    check(open("copy", O_RDWR) == -1 && errno == ETXTBSY);
    check(open("copy", O_RDONLY | O_TRUNC) == -1 && errno == ETXTBSY);
    check(truncate("copy", 0) == -1 && errno == ETXTBSY);
    check(stat("copy", &st) == 0 && st.st_size > 1000);
    check((fd = open("copy", O_RDONLY)) >= 0 && close(fd) == 0);
    check(rename("copy", "other") == 0); /* names are free */
    check(write(go[1], "x", 1) == 1 && child_status(pid) == 7 << 8);

    fd = open("other", O_WRONLY);
    check(fd >= 0);
    check(child_status(run("other", go[0])) == ETXTBSY << 8);
    close(fd);
    fd = open("other", O_RDWR); /* mapped to be written counts as well */
    void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    check(map != MAP_FAILED && close(fd) == 0);
    check(child_status(run("other", go[0])) == ETXTBSY << 8);
    munmap(map, 4096);
    check(write(go[1], "x", 1) == 1 && child_status(run("other", go[0])) == 7 << 8);
    check(unlink("other") == 0);

    fd = open("script", O_WRONLY | O_CREAT, 0755);
    check(write(fd, "#!/proc/self/exe\n", 17) == 17);
    check(child_status(run("./script", go[0])) == ETXTBSY << 8);
    close(fd);
    unlink("script");
}

/* One writes and one executes, again and again: never both at once, and in the end both may. */
static void check_both(void)
{
    int go[2];
    check(pipe(go) == 0 && close(go[1]) == 0);
    copy_self("both");
    pid_t writer = fork();
    if (writer == 0) {
        for (int i = 0; i < 300; i++) {
            int fd = open("both", O_RDWR);
            if (fd < 0 && errno != ETXTBSY)
                _exit(1);
            if (fd >= 0)
                close(fd);
        }
        _exit(0);
    }
    for (int i = 0; i < 20; i++) {
        int status = child_status(run("both", go[0]));
        check(status == 7 << 8 || status == ETXTBSY << 8);
    }
    check(child_status(writer) == 0);
    check(child_status(run("both", go[0])) == 7 << 8);
    int fd = open("both", O_RDWR);
    check(fd >= 0 && close(fd) == 0 && unlink("both") == 0);
}

int main(int argc, char **argv)
{
    char byte;
    if (argc > 1) { /* the copy: says that it runs, and waits */
        (void)!write(9, "x", 1);
        (void)!read(0, &byte, 1);
        return strcmp(argv[1], "wait") ? 8 : 7;
    }
    check(chdir("/tmp") == 0);
    check_nameless();
    check_executed();
    check_both();
    return finish();
}
