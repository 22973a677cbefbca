/*
 * The host's side of simulated memory: the memory file, and the second mappings of its pages in the kernel
 * window. A page of the window is mapped when somebody first touches it (SIGSEGV), because most, such as the
 * kernel stacks that fibers make superfluous, are never touched.
 */
#define _GNU_SOURCE
#include "arch/sim/memory.h"
#include "arch/sim/run.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <unistd.h>

#define REEXEC_MARK  "FAULTLINE_LAYOUT"
#define WINDOW_PAGES ((KWINDOW_END - KWINDOW_BASE) >> PAGE_SHIFT)

static int ram = -1;
static u32 mapped[WINDOW_PAGES];  /* what the host has mapped there: an entry of memory_window_entry() */
static u32 touched[WINDOW_PAGES]; /* the pages of the window that it has mapped */
static u32 touched_n;
static struct sigaction former_action;

static noreturn void refuse(const char *why)
{
    fprintf(stderr, "the explorer needs the host's addresses %#x to %#x for the simulated kernel: %s\n",
            DIRECT_BASE, KWINDOW_END, why);
    exit(2);
}

static bool claim(void)
{
    void *want = (void *)DIRECT_BASE;
    void *got = mmap(want, KWINDOW_END - DIRECT_BASE, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    return got == want;
}

static void map_ram(int fd)
{
    void *want = (void *)DIRECT_BASE;
    if (mmap(want, SIM_RAM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) != want)
        refuse("mapping the memory file failed");
}

static int ram_create(void)
{
    int fd = memfd_create("faultline-ram", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, SIM_RAM_BYTES))
        refuse("the host has no memory file");
    return fd;
}

/* ---- the kernel window ---- */

static void map_here(u32 n, u32 entry)
{
    void *at = (void *)(KWINDOW_BASE + (n << PAGE_SHIFT));
    void *got;

    mapped[n] = entry;
    if (entry)
        got = mmap(at, PAGE_SIZE, entry & WINDOW_WRITABLE ? PROT_READ | PROT_WRITE : PROT_READ,
                   MAP_SHARED | MAP_FIXED, ram, (off_t)((entry & ~WINDOW_WRITABLE) - 1) << PAGE_SHIFT);
    else
        got = mmap(at, PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    if (got != at)
        refuse("a kernel-window mapping failed");
}

/* The window's page at `va` is touched: maps it. False: nothing is mapped there. */
static bool touch(vaddr_t va)
{
    if (va < KWINDOW_BASE || va >= KWINDOW_END)
        return false;
    u32 n = (va - KWINDOW_BASE) >> PAGE_SHIFT, entry = memory_window_entry(n);
    if (!entry || mapped[n] == entry)
        return false;
    if (!mapped[n])
        touched[touched_n++] = n;
    map_here(n, entry);
    return true;
}

void memory_host_forget(u32 n)
{
    if (mapped[n] && mapped[n] != memory_window_entry(n))
        memory_host_sync();
}

void memory_host_sync(void)
{
    u32 kept = 0;

    for (u32 i = 0; i < touched_n; i++) {
        u32 n = touched[i];
        if (mapped[n] != memory_window_entry(n))
            map_here(n, 0);
        else
            touched[kept++] = n;
    }
    touched_n = kept;
}

/* A fault that is not the window's is the former handler's: the sanitizer's report, or death. */
static void on_fault(int number, siginfo_t *info, void *context)
{
    if (touch((vaddr_t)(uintptr_t)info->si_addr))
        return;
    if (run_crashed(number, context))
        return;
    sigaction(number, &former_action, NULL);
}

static void catch_faults(void)
{
    static char stack[64 << 10];
    stack_t alternative = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};

    if (sigaltstack(&alternative, NULL) || sigaction(SIGSEGV, &action, &former_action))
        refuse("signals cannot be caught");
}

/* ---- as a whole ---- */

/*
 * A 32-bit process usually has its libraries just below 0xF8000000, in the middle of the kernel window. The
 * compat layout puts them below 0xC0000000; without randomisation every run has the same addresses, too.
 */
void memory_claim(char **argv)
{
    if (!getenv(REEXEC_MARK)) {
        setenv(REEXEC_MARK, "1", 1);
        personality(ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT);
        execv("/proc/self/exe", argv);
    }
    if (!claim())
        refuse("something else is there (is personality(2) forbidden in this container?)");
    ram = ram_create();
    map_ram(ram);
    catch_faults();
}

/* Only pages that were ever written exist in the file, so the copy is as small as the kernel's use. */
static void copy_contents(int to)
{
    off_t end, at = 0;

    while ((at = lseek(ram, at, SEEK_DATA)) >= 0) {
        if ((end = lseek(ram, at, SEEK_HOLE)) < 0)
            refuse("the memory file cannot be read");
        if (pwrite(to, (char *)DIRECT_BASE + at, (size_t)(end - at), at) != end - at)
            refuse("the memory file cannot be copied");
        at = end;
    }
}

void memory_unshare(void)
{
    int copy = ram_create();

    copy_contents(copy);
    close(ram);
    ram = copy;
    map_ram(ram);
    for (u32 i = 0; i < touched_n; i++)
        map_here(touched[i], mapped[touched[i]]);
}
