/*
 * How large files may be: a file system that is full (ENOSPC of write(2), SIGBUS of mmap(2), statfs(2)), and
 * RLIMIT_FSIZE of setrlimit(2). On Linux: with the folder of a small tmpfs as its argument.
 *
 * @libc glibc musl
 * @mem 64M
 * @output all checks passed
 */
#include "checks.h"
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>

static char chunk[65536];
static sigjmp_buf back;
static volatile sig_atomic_t caught;
static void escape(int signal)
{
    caught = signal;
    siglongjmp(back, 1);
}
static void note(int signal)
{
    caught = signal;
}

static unsigned long long room(void)
{
    struct statfs s;
    check(statfs(".", &s) == 0 && s.f_bfree <= s.f_blocks && s.f_bavail <= s.f_bfree);
    return (unsigned long long)s.f_bfree * (unsigned long long)s.f_bsize;
}

static unsigned long long fill(int fd)
{
    unsigned long long done = 0;
    for (ssize_t n; (n = write(fd, chunk, sizeof chunk)) > 0; done += (unsigned long long)n)
        ;
    return done;
}

/* The last bytes are written as far as they go, then there is ENOSPC, and room again once the file is cut. */
static void check_full(void)
{
    char byte = 1, some[100];
    unsigned long long before = room();
    int hole = open("hole", O_RDWR | O_CREAT | O_TRUNC, 0600), fd = open("large", O_RDWR | O_CREAT, 0600);
    check(ftruncate(hole, 3 * 4096) == 0 && pwrite(hole, &byte, 1, 0) == 1);
    unsigned long long done = fill(fd);
    check(errno == ENOSPC && done + 4096 <= before && done + 256 * 1024 > before && room() < 4096);
    check(write(fd, &byte, 1) == -1 && errno == ENOSPC);
    check(pwrite(fd, &byte, 1, 0) == 1); /* where there is a page */
    struct stat st;
    check(fstat(fd, &st) == 0 && (unsigned long long)st.st_size == done);
    memset(some, 1, sizeof some);
    check(pread(hole, some, sizeof some, 4096) == sizeof some && some[0] == 0 && some[99] == 0);

    char *map = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, hole, 0);
    check(map != MAP_FAILED && map[0] == 1);
    set_handler(SIGBUS, escape, 0);
    if (sigsetjmp(back, 1) == 0)
        map[2 * 4096] = 1;
    check(caught == SIGBUS);
    check(ftruncate(fd, 0) == 0 && room() + 65536 > before);
    map[2 * 4096] = 2;
    check(pread(hole, &byte, 1, 2 * 4096) == 1 && byte == 2);
    munmap(map, 3 * 4096);
    check(unlink("hole") == 0 && close(hole) == 0);

    done = fill(fd); /* and when it goes with its last name and its last descriptor */
    check(errno == ENOSPC && unlink("large") == 0 && room() < 4096 && close(fd) == 0);
    check(room() + 65536 > before && done > 0);
}

/* Several who fill it at once: nobody is killed, and the count is exact afterwards. */
static void check_full_together(void)
{
    unsigned long long before = room();
    pid_t pid[4];
    for (int i = 0; i < 4; i++) {
        if ((pid[i] = fork()) == 0) {
            char name[] = "part0";
            name[4] += (char)i;
            int fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
            if (fd < 0 || unlink(name) != 0)
                _exit(1);
            for (int round = 0; round < 2; round++) {
                fill(fd);
                if (errno != ENOSPC || ftruncate(fd, 0) != 0 || lseek(fd, 0, SEEK_SET) != 0)
                    _exit(2);
            }
            _exit(0);
        }
    }
    for (int i = 0; i < 4; i++)
        check(child_status(pid[i]) == 0);
    check(room() + 65536 > before);
}

static void check_limit(void)
{
    struct rlimit limit = {10000, RLIM_INFINITY}, none = {RLIM_INFINITY, RLIM_INFINITY};
    int fd = open("limited", O_RDWR | O_CREAT | O_TRUNC, 0600);
    check(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    set_handler(SIGXFSZ, note, 0);
    caught = 0;
    check(write(fd, chunk, 9000) == 9000 && write(fd, chunk, 9000) == 1000 && caught == 0);
    check(write(fd, chunk, 1) == -1 && errno == EFBIG && caught == SIGXFSZ);
    caught = 0;
    check(pwrite(fd, chunk, 100, 9950) == 50 && caught == 0); /* up to it */
    check(pwrite(fd, chunk, 1, 20000) == -1 && errno == EFBIG && caught == SIGXFSZ);
    caught = 0;
    check(ftruncate(fd, 10001) == -1 && errno == EFBIG && caught == SIGXFSZ);
    caught = 0;
    check(truncate("limited", 10001) == -1 && errno == EFBIG && caught == SIGXFSZ);
    check(ftruncate(fd, 10000) == 0 && ftruncate(fd, 5) == 0);
    caught = 0;
    check(fallocate(fd, 0, 0, 20000) == -1 && errno == EFBIG && caught == SIGXFSZ);
    signal(SIGXFSZ, SIG_IGN);
    check(pwrite(fd, chunk, 1, 10000) == -1 && errno == EFBIG);
    pid_t pid = fork(); /* inherited; and what the signal does to who has no handler */
    if (pid == 0) {
        signal(SIGXFSZ, SIG_DFL);
        _exit(pwrite(fd, chunk, 1, 10000) == 1);
    }
    check(WTERMSIG(child_status(pid)) == SIGXFSZ);
    int ends[2];
    check(pipe(ends) == 0 && write(ends[1], chunk, 20000) == 20000); /* no file */
    check(setrlimit(RLIMIT_FSIZE, &none) == 0 && pwrite(fd, chunk, 1, 20000) == 1);
    close(fd);
    unlink("limited");
}

int main(int argc, char **argv)
{
    check(chdir(argc > 1 ? argv[1] : "/tmp") == 0);
    check_full();
    check_full_together();
    check_limit();
    return finish();
}
