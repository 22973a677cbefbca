/*
 * Every way in which an access is refused, with the signal, si_code and si_addr that the man pages promise,
 * to a handler; and the same as death, seen by the parent.
 *
 * @libc glibc musl
 * @files tests/programs/expect.h
 * @output unmapped: SIGSEGV SEGV_MAPERR
 * @output write to read-only: SIGSEGV SEGV_ACCERR
 * @output PROT_NONE: SIGSEGV SEGV_ACCERR
 * @output kernel address: SIGSEGV SEGV_MAPERR
 * @output beyond the end of a file: SIGBUS BUS_ADRERR
 * @output death: by signal 11
 */
#include "catch_fault.h"
#include "expect.h"
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile char *volatile nowhere = (char *)64;

/* Touches one byte and prints what came of it. */
static void touch(const char *what, volatile char *address, int write)
{
    got_signal = 0;
    if (sigsetjmp(back, 1) == 0) {
        if (write)
            *address = 1;
        else
            (void)*address;
    }
    const char *code = got_signal == SIGBUS      ? (got_code == BUS_ADRERR ? "BUS_ADRERR" : "?")
                       : got_code == SEGV_MAPERR ? "SEGV_MAPERR"
                       : got_code == SEGV_ACCERR ? "SEGV_ACCERR"
                                                 : "?";
    printf("%s: %s %s\n", what,
           got_signal == SIGSEGV  ? "SIGSEGV"
           : got_signal == SIGBUS ? "SIGBUS"
                                  : "none",
           code);
    expect(got_address == address, "si_addr is %p, the access was to %p", got_address, (void *)address);
}

static void handle(int signal)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    expect(sigaction(signal, &action, NULL) == 0, "sigaction");
}

static void die_of_it(void)
{
    int status;
    fflush(stdout);
    pid_t child = fork();

    expect(child >= 0, "fork");
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        *nowhere = 1;
        _exit(0);
    }
    expect(waitpid(child, &status, 0) == child && WIFSIGNALED(status), "status %#x", status);
    printf("death: by signal %d\n", WTERMSIG(status));
}

int main(void)
{
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int file = open("/tests/programs/expect.h", O_RDONLY);

    expect(page != MAP_FAILED && file >= 0, "set-up");
    handle(SIGSEGV);
    handle(SIGBUS);
    touch("unmapped", nowhere, 1);
    expect(mprotect(page, 4096, PROT_READ) == 0, "mprotect");
    touch("write to read-only", page + 5, 1);
    expect(mprotect(page + 4096, 4096, PROT_NONE) == 0, "mprotect");
    touch("PROT_NONE", page + 4096, 0);
    touch("kernel address", (char *)0xC0001000u, 0);
    char *mapped = mmap(NULL, 3 * 4096, PROT_READ, MAP_PRIVATE, file, 0);
    expect(mapped != MAP_FAILED && mapped[0] == '/', "mmap of a file");
    touch("beyond the end of a file", mapped + 2 * 4096, 0);
    die_of_it();
    return 0;
}
