/*
 * Looking into another's memory, and one's own by file: process_vm_readv and writev, /proc/PID/mem, pagemap,
 * maps, smaps, statm; what a truncated file leaves of its mappings.
 *
 * @libc glibc musl
 * @files tests/programs/expect.h
 * @output process_vm: both ways, and refused where it must be
 * @output /proc/self/mem: reads, writes, and copies what is read-only
 * @output /proc/self/mem: writes what the program may not touch, and shows it to nobody else
 * @output maps and smaps: what is mapped, to the page
 * @output truncate: SIGBUS beyond the end
 */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include "proc_rows.h"
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096u
static sigjmp_buf back;

static void on_signal(int signal)
{
    siglongjmp(back, signal);
}
static int touch(volatile char *p)
{
    int got = sigsetjmp(back, 1);

    if (!got)
        (void)*p;
    return got;
}

static void vm_both_ways(pid_t child, char *secret)
{
    char read_back[20] = {0};
    struct iovec local[2] = {{read_back, 3}, {read_back + 3, 10}}, remote = {secret + PAGE - 6, 13};
    ssize_t n = process_vm_readv(child, local, 2, &remote, 1, 0);
    expect(n == 13 && !memcmp(read_back, "across a page", 13), "%zd, %s", n, read_back);
    struct iovec one = {"ACROSS", 6}, there = {secret + PAGE - 6, 6};
    expect(process_vm_writev(child, &one, 1, &there, 1, 0) == 6, "writev");
    struct iovec hole = {secret + 2 * PAGE, 8}, partly = {secret + 2 * PAGE - 4, 8}, mine = {read_back, 8};
    expect(process_vm_readv(child, &mine, 1, &hole, 1, 0) == -1 && errno == EFAULT, "unmapped");
    expect(process_vm_readv(child, &mine, 1, &partly, 1, 0) == 4, "as far as it goes");
    expect(process_vm_readv(child, &mine, 1, &hole, 1, 1) == -1 && errno == EINVAL, "flags");
    expect(process_vm_readv(99999, &mine, 1, &hole, 1, 0) == -1 && errno == ESRCH, "nobody");
    char *edge = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(edge + PAGE, PAGE);
    struct iovec short_of_it = {edge + PAGE - 6, 13};
    expect(process_vm_readv(child, &short_of_it, 1, &remote, 1, 0) == 6, "as far as our side goes");
    munmap(edge, PAGE);
    struct iovec code = {(void *)(uintptr_t)vm_both_ways, 4};
    expect(process_vm_writev(child, &one, 1, &code, 1, 0) == -1 && errno == EFAULT, "read-only memory");
}

static void process_vm(void)
{
    int to_child[2], status;
    char *secret = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    expect(munmap(secret + 2 * PAGE, PAGE) == 0 && pipe(to_child) == 0, "preparations");
    strcpy(secret + PAGE - 6, "not its secret"); /* the child's copy says something else */
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        char go;
        strcpy(secret + PAGE - 6, "across a page");
        expect(read(to_child[0], &go, 1) == 1, "go");
        _exit(strcmp(secret + PAGE - 6, "ACROSS a page") ? 1 : 0);
    }
    char seen[14] = "";
    struct iovec mine = {seen, 13}, its = {secret + PAGE - 6, 13};
    while (memcmp(seen, "across a page", 13)) /* until the child has written it */
        expect(process_vm_readv(child, &mine, 1, &its, 1, 0) == 13, "readv");
    vm_both_ways(child, secret);
    expect(write(to_child[1], "g", 1) == 1 && waitpid(child, &status, 0) == child && status == 0,
           "status %#x", status);
    printf("process_vm: both ways, and refused where it must be\n");
}

static void mem_file(void)
{
    int fd = open("/proc/self/mem", O_RDWR), zero = open("/proc/self/exe", O_RDONLY);
    char buffer[8] = "";
    char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *text = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, zero, 0);
    char *hidden = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    expect(fd >= 0 && zero >= 0 && page != MAP_FAILED && text != MAP_FAILED, "preparations");
    strcpy(page, "hello");
    expect(pread(fd, buffer, 6, (off_t)(uintptr_t)page) == 6 && !strcmp(buffer, "hello"), "pread");
    expect(pwrite(fd, "HE", 2, (off_t)(uintptr_t)page) == 2 && !strcmp(page, "HEllo"), "pwrite");
    expect(pread(fd, buffer, 6, 0) == -1 && errno == EIO, "page 0");
    expect(pread(fd, buffer, 4, (off_t)(uintptr_t)hidden) == 4 && !*(int *)buffer,
           "PROT_NONE reads as zeroes");
    expect(!memcmp(text, "\177ELF", 4) && pwrite(fd, "mine", 4, (off_t)(uintptr_t)text) == 4, "by force");
    expect(!memcmp(text, "mine", 4), "the copy");
    expect(pread(zero, buffer, 4, 0) == 4 && !memcmp(buffer, "\177ELF", 4), "the file keeps its own");
    signal(SIGSEGV, on_signal);
    if (!sigsetjmp(back, 1)) {
        *(volatile char *)text = 'x';
        expect(0, "the program may not write it");
    }
    uint64_t entry;
    int map = open("/proc/self/pagemap", O_RDONLY);
    expect(pread(map, &entry, 8, (off_t)((uintptr_t)page / PAGE * 8)) == 8 && entry >> 63, "present");
    expect(pread(map, &entry, 8, 0) == 8 && !(entry >> 63), "absent");
    expect(pread(map, &entry, 7, 0) == -1 && errno == EINVAL, "seven bytes");
    printf("/proc/self/mem: reads, writes, and copies what is read-only\n");
}

/* Memory without any rights: a debugger's write makes a copy there, which the program has no right to either.
 */
static void mem_hidden(void)
{
    int fd = open("/proc/self/mem", O_RDWR), file = open("/proc/self/exe", O_RDONLY), status;
    char buffer[4] = "";
    char *fresh = mmap(NULL, 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *used = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *image = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE, file, 0);
    char *shared = mmap(NULL, PAGE, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    strcpy(used, "old");
    expect(fd >= 0 && file >= 0 && image != MAP_FAILED && mprotect(used, PAGE, PROT_NONE) == 0,
           "preparations");
    expect(pwrite(fd, "new", 4, (off_t)(uintptr_t)fresh + PAGE - 2) == 4, "across two untouched pages");
    expect(pread(fd, buffer, 4, (off_t)(uintptr_t)fresh + PAGE - 2) == 4 && !strcmp(buffer, "new"), "%s",
           buffer);
    expect(pread(fd, buffer, 4, (off_t)(uintptr_t)image) == 4 && !memcmp(buffer, "\177ELF", 4),
           "the file's own");
    expect(pwrite(fd, "mine", 4, (off_t)(uintptr_t)image) == 4, "a file's page");
    expect(pread(file, buffer, 4, 0) == 4 && !memcmp(buffer, "\177ELF", 4), "the file keeps its own");
    expect(pwrite(fd, "all", 4, (off_t)(uintptr_t)shared) == -1 && errno == EIO, "shared memory");
    pid_t child = fork(); /* which shares what is hidden */
    expect(child >= 0, "fork");
    if (child == 0) {
        int own = open("/proc/self/mem", O_RDWR);
        expect(pwrite(own, "its", 4, (off_t)(uintptr_t)used) == 4, "the child's copy");
        expect(mprotect(used, PAGE, PROT_READ) == 0 && !strcmp(used, "its"), "%s", used);
        _exit(0);
    }
    expect(waitpid(child, &status, 0) == child && status == 0, "status %#x", status);
    signal(SIGSEGV, on_signal);
    expect(touch(used) == SIGSEGV && touch(fresh) == SIGSEGV && touch(image) == SIGSEGV, "still hidden");
    expect(mprotect(used, PAGE, PROT_READ) == 0 && !strcmp(used, "old"), "the parent's: %s", used);
    expect(mprotect(fresh, 2 * PAGE, PROT_READ) == 0 && !strcmp(fresh + PAGE - 2, "new"), "shown");
    expect(mprotect(image, PAGE, PROT_READ) == 0 && !memcmp(image, "mine", 4), "shown");
    close(fd);
    close(file);
    printf("/proc/self/mem: writes what the program may not touch, and shows it to nobody else\n");
}

static void maps(void)
{
    char line[512], wanted[64];
    char *shared = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    char *p = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int found = 0, stack = 0;

    mprotect(p + 7 * PAGE, PAGE, PROT_NONE); /* so that no neighbour joins it */
    mprotect(p, PAGE, PROT_NONE);
    p += PAGE;
    for (int i = 0; i < 3; i++)
        p[i * PAGE] = 1;
    (void)*(volatile char *)(p + 4 * PAGE); /* the zero page: in nobody's sum */
    shared[0] = 1;
    expect(smaps_row(p, "Size:") == 24 && smaps_row(p, "Rss:") == 12 && smaps_row(p, "Pss:") == 12,
           "%ld, %ld, %ld", smaps_row(p, "Size:"), smaps_row(p, "Rss:"), smaps_row(p, "Pss:"));
    expect(smaps_row(p, "Private_Dirty:") == 12 && smaps_row(p, "Anonymous:") == 12, "private");
    expect(smaps_row(shared, "Rss:") == 4 && smaps_row(shared, "Anonymous:") == 0, "shared");
    expect(mlock(p, PAGE) == 0 && smaps_row(p, "Locked:") == 4, "locked %ld", smaps_row(p, "Locked:"));
    sprintf(wanted, "%08lx-%08lx rw-s 00000000 ", (unsigned long)(uintptr_t)shared,
            (unsigned long)(uintptr_t)shared + 4 * PAGE);
    FILE *f = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, f)) {
        found += !strncmp(line, wanted, strlen(wanted)) && strstr(line, "/dev/zero (deleted)");
        stack += strstr(line, "[stack]\n") != NULL;
    }
    fclose(f);
    expect(found == 1 && stack == 1, "%d, %d", found, stack);
    printf("maps and smaps: what is mapped, to the page\n");
}

static void truncated(void)
{
    int fd = memfd_create("cut", 0);

    expect(ftruncate(fd, 2 * PAGE) == 0, "ftruncate");
    char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *q = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    p[0] = p[PAGE] = p[PAGE / 2] = q[PAGE] = 'x';
    signal(SIGBUS, on_signal);
    expect(!touch(p + PAGE) && ftruncate(fd, PAGE / 2) == 0, "cut");
    expect(touch(p + PAGE) == SIGBUS && touch(q + PAGE) == SIGBUS && !touch(p), "beyond the end");
    expect(ftruncate(fd, 2 * PAGE) == 0 && !p[PAGE] && !p[PAGE / 2] && p[0] == 'x', "grown again: zeroes");
    printf("truncate: SIGBUS beyond the end\n");
}

int main(void)
{
    process_vm();
    mem_file();
    fflush(stdout);
    mem_hidden();
    maps();
    truncated();
    return 0;
}
