/*
 * Row S35: every region of the 2003 table met by every access, 24 cases; each prints what came of it. A
 * program runs the access with a handler installed that notes signal, si_code and si_addr, and jumps back.
 *
 * Two-level paging knows no execute right (SDM vol. 3A, 4.6.2), so what can be read can be run: PROT_READ
 * alone executes.
 *
 * @libc glibc musl
 * @files tests/programs/expect.h
 * @output no region       read: SIGSEGV MAPERR  write: SIGSEGV MAPERR  exec: SIGSEGV MAPERR
 * @output PROT_NONE       read: SIGSEGV ACCERR  write: SIGSEGV ACCERR  exec: SIGSEGV ACCERR
 * @output anonymous r     read: works           write: SIGSEGV ACCERR  exec: works
 * @output anonymous rw    read: works           write: works           exec: works
 * @output file private r  read: works           write: SIGSEGV ACCERR  exec: works
 * @output file private rw read: works           write: works           exec: works
 * @output beyond the file read: SIGBUS ADRERR   write: SIGBUS ADRERR   exec: SIGBUS ADRERR
 * @output kernel          read: SIGSEGV MAPERR  write: SIGSEGV MAPERR  exec: SIGSEGV MAPERR
 */
#include "catch_fault.h"
#include "expect.h"
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

enum access { READ, WRITE, EXEC, ACCESSES };
#define RET 0xC3 /* SDM vol. 2, RET: near return */

static void perform(volatile unsigned char *at, enum access access)
{
    if (access == READ)
        (void)*at;
    else if (access == WRITE)
        *at = RET;
    else
        ((void (*)(void))(uintptr_t)at)();
}

static const char *outcome(volatile unsigned char *at, enum access access)
{
    got_signal = 0;
    if (sigsetjmp(back, 1) == 0) {
        perform(at, access);
        return "works";
    }
    expect(got_address == (void *)at, "si_addr is %p, the access was to %p", got_address, (void *)at);
    if (got_signal == SIGBUS)
        return got_code == BUS_ADRERR ? "SIGBUS ADRERR" : "SIGBUS ?";
    return got_code == SEGV_MAPERR   ? "SIGSEGV MAPERR"
           : got_code == SEGV_ACCERR ? "SIGSEGV ACCERR"
                                     : "SIGSEGV ?";
}

/* The three accesses go to three pages of the region, so that each is the page's first. */
static void row(const char *name, unsigned char *region)
{
    char line[120];

    snprintf(line, sizeof line, "%-15s read: %-15s write: %-15s exec: %s", name, outcome(region, READ),
             outcome(region + 4096, WRITE), outcome(region + 8192, EXEC));
    puts(line);
}

static unsigned char *region(int protection, int flags, int file, int offset)
{
    unsigned char *at = mmap(NULL, 3 * 4096, protection, flags, file, offset);

    expect(at != MAP_FAILED, "mmap");
    return at;
}

/* Anonymous memory whose third page holds a RET. */
static unsigned char *anonymous(int protection)
{
    unsigned char *at = region(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    at[8192] = RET;
    expect(mprotect(at, 3 * 4096, protection) == 0, "mprotect");
    return at;
}

static int file_of_returns(void)
{
    static unsigned char page[4096];
    int file = open("/tmp/returns", O_RDWR | O_CREAT | O_TRUNC, 0600);

    expect(file >= 0, "open");
    memset(page, RET, sizeof page);
    for (int i = 0; i < 3; i++)
        expect(write(file, page, sizeof page) == sizeof page, "write");
    return file;
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    int file = file_of_returns();
    unsigned char *gone = region(PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    expect(sigaction(SIGSEGV, &action, NULL) == 0 && sigaction(SIGBUS, &action, NULL) == 0, "sigaction");
    expect(munmap(gone, 3 * 4096) == 0, "munmap");
    row("no region", gone);
    row("PROT_NONE", region(PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    row("anonymous r", anonymous(PROT_READ));
    row("anonymous rw", anonymous(PROT_READ | PROT_WRITE));
    row("file private r", region(PROT_READ, MAP_PRIVATE, file, 0));
    row("file private rw", region(PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0));
    row("beyond the file", region(PROT_READ | PROT_WRITE, MAP_SHARED, file, 3 * 4096));
    row("kernel", (unsigned char *)(uintptr_t)0xC0100000u);
    return 0;
}
