/*
 * Corners of the memory calls that an ordinary program does not come near, and one that means harm does.
 *
 * @output a file that grows down: Invalid argument, shared memory: Invalid argument
 * @output a stack that was moved and grew below page 0 of its own count: SIGSEGV
 * @output stacks may meet, other regions keep their distance: grew, SIGSEGV
 * @output mremap that only gives up: from several regions, from none
 * @output mremap whose rest is of two regions: Bad address, the target as it was
 * @output mlock: up to the first hole, Cannot allocate memory; PROT_NONE: Cannot allocate memory
 * @output mprotect: nothing of nothing, a whole stack, Invalid argument for another region
 */
#define _GNU_SOURCE
#include "catch_fault.h"
#include "expect.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096u
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static char *map_at(char *at, unsigned pages, int rights, int flags)
{
    char *got = mmap(at, pages * PAGE, rights, ANON | MAP_FIXED | flags, -1, 0);

    expect(got == at, "mmap at %p: %s", (void *)at, strerror(errno));
    return got;
}

static const char *write_to(volatile char *at)
{
    got_signal = 0;
    if (sigsetjmp(back, 1) == 0) {
        *at = 1;
        return "grew";
    }
    return got_signal == SIGSEGV ? "SIGSEGV" : "another signal";
}

static const char *refusal_of(void *got)
{
    expect(got == MAP_FAILED, "it was mapped");
    return strerror(errno);
}

static void what_grows(void)
{
    int file = open("/tmp/edges.data", O_RDWR | O_CREAT, 0600);

    expect(file >= 0 && ftruncate(file, 4 * PAGE) == 0, "a file");
    printf("a file that grows down: %s, ",
           refusal_of(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_GROWSDOWN, file, 0)));
    printf("shared memory: %s\n",
           refusal_of(mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0)));
    close(file);
    unlink("/tmp/edges.data");
}

static void moved_stack(void)
{
    char *low = map_at((char *)0x100000, 2, PROT_READ | PROT_WRITE, MAP_GROWSDOWN);
    char *high = (char *)0x50000000;

    *low = 1;
    expect(mremap(low, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, high) == high, "mremap: %s",
           strerror(errno));
    expect(strcmp(write_to(high - 0xf0 * PAGE), "grew") == 0, "down to page 16 of its own count");
    printf("a stack that was moved and grew below page 0 of its own count: %s\n",
           write_to(high - 0x101 * PAGE));
    munmap(high - 0xf0 * PAGE, 0xf2 * PAGE);
}

static void distances(char *base)
{
    map_at(base, 1, PROT_READ | PROT_WRITE, MAP_GROWSDOWN);
    map_at(base + 8 * PAGE, 1, PROT_READ | PROT_WRITE, MAP_GROWSDOWN);
    printf("stacks may meet, other regions keep their distance: %s, ", write_to(base + 5 * PAGE));
    map_at(base, 1, PROT_READ | PROT_WRITE, 0);
    printf("%s\n", write_to(base + 3 * PAGE));
    munmap(base, 16 * PAGE);
}

static void giving_up(char *base)
{
    unsigned char there[8];

    map_at(base, 3, PROT_READ | PROT_WRITE, 0);
    map_at(base + 5 * PAGE, 2, PROT_READ, 0);
    expect(mremap(base, 7 * PAGE, PAGE, 0) == base, "several regions: %s", strerror(errno));
    expect(mincore(base + PAGE, PAGE, there) == -1 && mincore(base + 5 * PAGE, PAGE, there) == -1,
           "they are gone");
    expect(mremap(base, 4 * PAGE, PAGE, 0) == base, "a hole: %s", strerror(errno));
    printf("mremap that only gives up: from several regions, from none\n");
    map_at(base + PAGE, 1, PROT_READ, 0);
    map_at(base + 16 * PAGE, 4, PROT_READ | PROT_WRITE, 0);
    base[16 * PAGE] = 5;
    expect(mremap(base, 3 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, base + 16 * PAGE) == MAP_FAILED,
           "two regions");
    printf("mremap whose rest is of two regions: %s, ", strerror(errno));
    expect(base[16 * PAGE] == 5, "the target");
    printf("the target as it was\n");
    munmap(base, 32 * PAGE);
}

static void locking(char *base)
{
    map_at(base, 1, PROT_READ | PROT_WRITE, 0);
    map_at(base + 2 * PAGE, 1, PROT_READ | PROT_WRITE, 0);
    expect(mlock(base, 3 * PAGE) == -1, "a hole");
    printf("mlock: up to the first hole, %s; ", strerror(errno));
    expect(madvise(base, PAGE, MADV_DONTNEED) == -1 && madvise(base + 2 * PAGE, PAGE, MADV_DONTNEED) == 0,
           "what is locked");
    map_at(base, 1, PROT_NONE, 0);
    expect(mlock(base, PAGE) == -1, "PROT_NONE");
    printf("PROT_NONE: %s\n", strerror(errno));
    munlockall();
    munmap(base, 3 * PAGE);
}

static void rights(char *base)
{
    expect(mprotect(base, 0, 0x10) == 0, "nothing: %s", strerror(errno));
    map_at(base, 8, PROT_READ | PROT_WRITE, MAP_GROWSDOWN);
    expect(mprotect(base + 4 * PAGE, PAGE, PROT_READ | PROT_GROWSDOWN) == 0, "a stack: %s", strerror(errno));
    expect(strcmp(write_to(base + PAGE), "SIGSEGV") == 0 && strcmp(write_to(base + 5 * PAGE), "grew") == 0,
           "which part");
    map_at(base, 8, PROT_READ | PROT_WRITE, 0);
    expect(mprotect(base, PAGE, PROT_READ | PROT_GROWSDOWN) == -1, "no stack");
    printf("mprotect: nothing of nothing, a whole stack, %s for another region\n", strerror(errno));
    munmap(base, 8 * PAGE);
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    char *base = (char *)0x60000000;

    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    what_grows();
    moved_stack();
    distances(base);
    giving_up(base);
    locking(base);
    rights(base);
    return 0;
}
