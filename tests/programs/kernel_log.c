/*
 * What the kernel has said, read as dmesg does: syslog(2).
 *
 * @libc glibc musl
 * @output its size is 32768
 * @output it begins with the boot
 * @output its last bytes are its last bytes
 * @output what is no place for it is refused
 */
#include "expect.h"
#include <sys/klog.h>

enum { READ_ALL = 3, CONSOLE_OFF = 6, SIZE_BUFFER = 10 };
#define TAIL 20

int main(void)
{
    static char all[65536], tail[TAIL];
    int n, again;

    printf("its size is %d\n", klogctl(SIZE_BUFFER, NULL, 0));
    do { /* a word of the kernel's in between makes it longer */
        n = klogctl(READ_ALL, all, sizeof all - 1);
        expect(klogctl(READ_ALL, tail, TAIL) == TAIL, "the last %d bytes", TAIL);
        again = klogctl(READ_ALL, all, sizeof all - 1);
    } while (n != again);
    expect(n > TAIL, "%d bytes", n);
    printf("it begins with the %s\n", strstr(all, "memory: ") ? "boot" : all);
    printf("its last bytes are %s last bytes\n", memcmp(all + n - TAIL, tail, TAIL) ? "not its" : "its");
    expect(klogctl(READ_ALL, (char *)8, 100) == -1 && errno == EFAULT, "a buffer in page 0");
    expect(klogctl(READ_ALL, NULL, 100) == -1 && errno == EINVAL, "no buffer");
    expect(klogctl(READ_ALL, all, -1) == -1 && errno == EINVAL, "a length below 0");
    expect(klogctl(CONSOLE_OFF, NULL, 0) == -1 && errno == EPERM, "the console");
    printf("what is no place for it is refused\n");
    return 0;
}
