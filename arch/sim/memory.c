/* Simulated physical memory on host mappings: see memory.h. */
#define _GNU_SOURCE
#include "arch/sim/memory.h"
#include "lib/compiler.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <unistd.h>

#define REEXEC_MARK "FAULTLINE_LAYOUT"

static int ram = -1;
/* What each page of the kernel window maps, for memory_unshare: frame + 1, and whether writes are allowed. */
#define WINDOW_PAGES ((KWINDOW_END - KWINDOW_BASE) >> PAGE_SHIFT)
static u32 window[WINDOW_PAGES];
#define WINDOW_WRITABLE 0x80000000u
static u64 shown = (1ull << WINDOW_TABLES) - 1; /* tables whose pages the host maps now */

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
}

static void map_here(u32 n)
{
    void *at = (void *)(KWINDOW_BASE + (n << PAGE_SHIFT));
    u32 entry = shown >> (n / PTES) & 1 ? window[n] : 0;
    void *got;

    if (entry)
        got = mmap(at, PAGE_SIZE, entry & WINDOW_WRITABLE ? PROT_READ | PROT_WRITE : PROT_READ,
                   MAP_SHARED | MAP_FIXED, ram, (off_t)((entry & ~WINDOW_WRITABLE) - 1) << PAGE_SHIFT);
    else
        got = mmap(at, PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    if (got != at)
        refuse("a kernel-window mapping failed");
}

void memory_map_window(vaddr_t va, bool present, bool writable, pfn_t pfn)
{
    if (va < KWINDOW_BASE || va >= KWINDOW_END)
        return; /* kmap slots and the like: reached through the software MMU only */
    u32 n = (va - KWINDOW_BASE) >> PAGE_SHIFT;
    window[n] = present ? (pfn + 1) | (writable ? WINDOW_WRITABLE : 0) : 0;
    map_here(n);
}

void memory_show_window(u64 tables)
{
    u64 differ = tables ^ shown;

    if (!differ)
        return;
    shown = tables;
    for (u32 n = 0; n < WINDOW_PAGES; n++)
        if (window[n] && (differ >> (n / PTES) & 1))
            map_here(n);
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
    for (u32 i = 0; i < WINDOW_PAGES; i++)
        if (window[i])
            map_here(i);
}
