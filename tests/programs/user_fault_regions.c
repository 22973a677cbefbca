/*
 * userfaultfd(2): how registered memory looks, and what becomes of a descriptor whose memory goes, or is
 * moved, or must not be waited for.
 *
 * @output regions
 * @output SIGBUS instead of a question
 * @output the memory is gone
 */
#define _GNU_SOURCE
#include "catch_fault.h"
#include "user_faults.h"
#include <sched.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#define PAGES 8

static char bytes[PAGE];

/* Has the region that begins at p `um` among its VmFlags? */
static int is_marked(const char *p)
{
    char line[400], wanted[20];
    int here = 0, marked = -1;
    FILE *file = fopen("/proc/self/smaps", "r");

    expect(file, "smaps");
    sprintf(wanted, "%08lx-", (unsigned long)(uintptr_t)p);
    while (marked < 0 && fgets(line, sizeof line, file)) {
        here |= strncmp(line, wanted, strlen(wanted)) == 0;
        if (here && strncmp(line, "VmFlags:", 8) == 0)
            marked = strstr(line, " um") != NULL;
    }
    fclose(file);
    return marked;
}

static void regions(void)
{
    int fd = uffd_open(0, 0), other = uffd_open(0, 0);
    char *all = uffd_memory(PAGES + 2, MAP_PRIVATE), *p = all + PAGE;

    expect(mprotect(all, PAGE, PROT_NONE) == 0 && mprotect(all + 9 * PAGE, PAGE, PROT_NONE) == 0, "fences");
    expect(is_marked(p) == 0, "before");
    expect(uffd_register(fd, p + 2 * PAGE, 2 * PAGE) == 0, "register");
    expect(is_marked(p) == 0 && is_marked(p + 2 * PAGE) == 1 && is_marked(p + 4 * PAGE) == 0, "split");
    expect(uffd_register(other, p + 4 * PAGE, 2 * PAGE) == 0, "register");
    expect(is_marked(p + 4 * PAGE) == 1, "regions of two descriptors stay two");
    expect(mprotect(p, PAGES * PAGE, PROT_READ) == 0 && is_marked(p + 2 * PAGE) == 1, "mprotect");
    close(fd);
    expect(is_marked(p) == 0 && is_marked(p + 2 * PAGE) == -1 && is_marked(p + 4 * PAGE) == 1, "joined");
    char *moved = mremap(p + 4 * PAGE, 2 * PAGE, 3 * PAGE, MREMAP_MAYMOVE);
    expect(moved != MAP_FAILED && moved != p + 4 * PAGE && is_marked(moved) == 0, "moved");
    expect(munmap(moved, 3 * PAGE) == 0 && munmap(all, (PAGES + 2) * PAGE) == 0, "munmap");
    close(other);
    printf("regions\n");
}

static void sigbus(void)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    int fd = uffd_open(O_NONBLOCK, UFFD_FEATURE_SIGBUS), ends[2];
    char *p = uffd_memory(PAGES, MAP_PRIVATE);
    struct uffd_msg message;

    expect(uffd_register(fd, p, PAGES * PAGE) == 0 && sigaction(SIGBUS, &action, NULL) == 0, "set up");
    if (sigsetjmp(back, 1) == 0)
        p[PAGE] = 1;
    expect(got_signal == SIGBUS && got_code == BUS_ADRERR && got_address == p + PAGE, "signal %d code %d",
           (int)got_signal, (int)got_code);
    expect(pipe(ends) == 0 && write(ends[1], "x", 1) == 1, "pipe");
    refused(read(ends[0], p, 1), EFAULT);
    refused(read(fd, &message, sizeof message), EAGAIN);
    memset(bytes, 'b', PAGE);
    expect(uffd_copy(fd, p + PAGE, bytes, PAGE, 0, NULL) == 0 && p[PAGE] == 'b', "provided all the same");
    close(ends[0]);
    close(ends[1]);
    close(fd);
    munmap(p, PAGES * PAGE);
    printf("SIGBUS instead of a question\n");
}

static void *die_in_fault(void *at)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};

    expect(sigaction(SIGSEGV, &action, NULL) == 0, "sigaction");
    if (sigsetjmp(back, 1) == 0)
        *(volatile char *)at = 1;
    return (void *)(uintptr_t)(got_signal == SIGSEGV && got_code == SEGV_MAPERR);
}

/* A descriptor outlives the memory that it was made for: the child's table is the parent's. */
static void memory_is_gone(void)
{
    int fd;
    int status;
    struct utsname name;
    char *p = uffd_memory(PAGES, MAP_PRIVATE);

    pid_t child = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
    expect(child >= 0, "clone");
    if (child == 0) {
        int mine = uffd_open(0, 0);
        expect(uffd_register(mine, p, PAGES * PAGE) == 0, "register");
        expect(dup2(mine, 100) == 100, "dup2");
        _exit(0);
    }
    expect(waitpid(child, &status, 0) == child && status == 0, "child: %#x", status);
    refused(uffd_copy(100, p, bytes, PAGE, 0, NULL), ESRCH);
    refused(uffd_zero(100, p, PAGE, 0, NULL), ESRCH);
    refused(uffd_register(100, p, PAGE), ENOMEM);
    refused(uffd_unregister(100, p, PAGE), ENOMEM);
    expect(uffd_wake(100, p, PAGE) == 0 && p[0] == 0, "ours it never was");
    close(100);

    /* Linux wakes nobody then, unless it is asked for the event; here it is noticed. */
    fd = uffd_open(0, 0);
    expect(uname(&name) == 0 && uffd_register(fd, p, PAGES * PAGE) == 0, "register");
    if (strstr(name.release, "faultline")) {
        pthread_t thread = uffd_thread(die_in_fault, p + PAGE);
        (void)uffd_next(fd);
        expect(munmap(p + PAGE, PAGE) == 0 && uffd_join(thread) == (void *)1, "unmapped under who waits");
    }
    close(fd);
    munmap(p, PAGES * PAGE);
    printf("the memory is gone\n");
}

int main(void)
{
    regions();
    sigbus();
    memory_is_gone();
    return 0;
}
