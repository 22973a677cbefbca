/*
 * Where in a file: devices whose places are all alike (null(4), full(4), random(4)), and stretches of one file copied
 * into another (copy_file_range(2)); advice about them (posix_fadvise(2)).
 *
 * @libc glibc
 * @output all checks passed
 */
#define _FILE_OFFSET_BITS 64
#include "checks.h"
#include <stdint.h>
#include <sys/stat.h>
#include <sys/uio.h>

#define FAR_AWAY (1ll << 40)

static void check_device(const char *name)
{
    char one[6000], two[3000];
    const struct iovec pieces[] = {{one, sizeof(one)}, {two, sizeof(two)}};
    int fd = open(name, O_RDWR);
    memset(one, 'x', sizeof(one));
    memset(two, 'x', sizeof(two));
    check(fd >= 0 && pread(fd, one, 10, FAR_AWAY) == 10 && preadv(fd, pieces, 2, FAR_AWAY) == 9000);
    check(readv(fd, pieces, 2) == 9000 && memchr(two, 'x', sizeof(two)) == NULL);
    check(pread(fd, one, 1, -1) == -1 && errno == EINVAL);
    check(lseek(fd, 5, SEEK_SET) == 0 && lseek(fd, 0, SEEK_CUR) == 0 && lseek(fd, -7, SEEK_END) == 0);
    close(fd);
}

static void check_devices(void)
{
    char c;
    check_device("/dev/zero");
    check_device("/dev/full");
    int null = open("/dev/null", O_RDWR), full = open("/dev/full", O_RDWR),
        any = open("/dev/urandom", O_RDONLY);
    check(pwrite(null, "abc", 3, FAR_AWAY) == 3 && pread(null, &c, 1, FAR_AWAY) == 0 &&
          lseek(null, 9, SEEK_SET) == 0);
    check(pwrite(full, "abc", 3, FAR_AWAY) == -1 && errno == ENOSPC);
    check(pread(any, &c, 1, 1000) == 1 && lseek(any, 1000, SEEK_SET) == 0);
    check(fallocate(null, 0, 0, 10) == -1 && errno == ENODEV);
    close(null);
    close(full);
    close(any);
}

/* Ten digits in `from`; `to` is empty. Both were just opened. */
static void check_copy(int from, int to)
{
    char text[16];
    loff_t in = 2, out = 3;
    check(copy_file_range(from, NULL, to, NULL, 4, 0) == 4 && lseek(from, 0, SEEK_CUR) == 4 &&
          lseek(to, 0, SEEK_CUR) == 4);
    check(copy_file_range(from, &in, to, &out, 100, 0) == 8 && in == 10 && out == 11);
    check(lseek(from, 0, SEEK_CUR) == 4 && lseek(to, 0, SEEK_CUR) == 4);
    check(pread(to, text, sizeof(text), 0) == 11 && !memcmp(text, "01223456789", 11));
    check(copy_file_range(from, &in, to, &out, 100, 0) == 0 && in == 10 && out == 11);
    out = 6000;
    in = 0;
    check(copy_file_range(from, &in, to, &out, 2, 0) == 2 && lseek(to, 0, SEEK_END) == 6002);
    check(pread(to, text, 4, 5998) == 4 && !memcmp(text, "\0\00001", 4));
    /* In one file: not onto itself. */
    in = 0;
    out = 3;
    check(copy_file_range(to, &in, to, &out, 4, 0) == -1 && errno == EINVAL && in == 0 && out == 3);
    out = 4;
    check(copy_file_range(to, &in, to, &out, 4, 0) == 4 && pread(to, text, 8, 0) == 8 &&
          !memcmp(text, "01220122", 8));
}

static void check_copy_refused(int from, int to)
{
    loff_t at = 0, negative = -5, wraps = -1, end = INT64_MAX;
    int ends[2], dir = open("/tmp", O_RDONLY), appends = open("/tmp/places_to", O_WRONLY | O_APPEND);
    check(pipe(ends) == 0 && dir >= 0 && appends >= 0);
    check(copy_file_range(from, &at, to, NULL, 1, 1) == -1 && errno == EINVAL);
    check(copy_file_range(-1, NULL, to, NULL, 1, 0) == -1 && errno == EBADF);
    check(copy_file_range(dir, NULL, to, NULL, 1, 0) == -1 && errno == EISDIR);
    check(copy_file_range(ends[0], NULL, to, NULL, 1, 0) == -1 && errno == EINVAL);
    check(copy_file_range(from, &at, appends, NULL, 1, 0) == -1 && errno == EBADF);
    check(copy_file_range(to, NULL, from, NULL, 1, 0) == -1 && errno == EBADF);
    check(copy_file_range(from, (void *)4, to, NULL, 1, 0) == -1 && errno == EFAULT);
    check(copy_file_range(from, &negative, to, NULL, 1, 0) == -1 && errno == EINVAL);
    check(copy_file_range(from, &wraps, to, NULL, 1, 0) == -1 && errno == EOVERFLOW);
    check(copy_file_range(from, &at, to, &end, 1, 0) == -1 && errno == EFBIG);
    check(at == 0 && copy_file_range(from, &at, to, NULL, 0, 0) == 0);
    close(ends[0]);
    close(ends[1]);
    close(dir);
    close(appends);
}

/* posix_fadvise(2), and a name that is empty: ENOENT whatever the descriptor is (open(2)). */
static void check_refused(int to)
{
    struct stat st;
    int ends[2];
    check(pipe(ends) == 0 && posix_fadvise(ends[0], 0, 0, POSIX_FADV_NORMAL) == ESPIPE);
    check(posix_fadvise(to, 0, 10, POSIX_FADV_WILLNEED) == 0 &&
          posix_fadvise(to, 0, 0, POSIX_FADV_NOREUSE) == 0);
    check(posix_fadvise(to, 0, 0, 6) == EINVAL && posix_fadvise(to, 0, -1, POSIX_FADV_NORMAL) == EINVAL);
    check(posix_fadvise(-1, 0, 0, POSIX_FADV_NORMAL) == EBADF);
    check(fstatat(to, "", &st, 0) == -1 && errno == ENOENT && openat(-1, "", O_RDONLY) == -1 &&
          errno == ENOENT);
    check(fstatat(to, "", &st, AT_EMPTY_PATH) == 0 && fstatat(to, "x", &st, 0) == -1 && errno == ENOTDIR);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    check_devices();
    int made = open("/tmp/places_from", O_RDWR | O_CREAT | O_TRUNC, 0600);
    int to = open("/tmp/places_to", O_RDWR | O_CREAT | O_TRUNC, 0600),
        from = open("/tmp/places_from", O_RDONLY);
    check(made >= 0 && to >= 0 && from >= 0 && write(made, "0123456789", 10) == 10);
    check_copy(from, to);
    check_copy_refused(from, to);
    check_refused(to);
    close(made);
    close(from);
    close(to);
    unlink("/tmp/places_from");
    unlink("/tmp/places_to");
    return finish();
}
