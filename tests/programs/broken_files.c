/*
 * execve of broken ELF files and of scripts that lead nowhere: each is refused, the caller goes on, and after many rounds no
 * memory is missing.
 *
 * @output each of 17 broken files is refused as it should be
 * @output after 20 rounds more no memory is missing
 */
#define _GNU_SOURCE
#include "proc_rows.h"
#include <elf.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define AT   0x08048000u
#define SIZE 8192

struct file {
    Elf32_Ehdr header;
    Elf32_Phdr segments[2];
    char rest[SIZE - sizeof(Elf32_Ehdr) - 2 * sizeof(Elf32_Phdr)];
};

static struct file right(void)
{
    struct file f = {
        .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
                   .e_type = ET_EXEC,
                   .e_machine = EM_386,
                   .e_entry = AT + 0x200,
                   .e_phoff = sizeof(Elf32_Ehdr),
                   .e_ehsize = sizeof(Elf32_Ehdr),
                   .e_phentsize = sizeof(Elf32_Phdr),
                   .e_phnum = 2},
        .segments = {{PT_LOAD, 0, AT, AT, 4096, 4096, PF_R | PF_X, 4096},
                     {PT_LOAD, 4096, AT + 4096, AT + 4096, 4096, 8192, PF_R | PF_W, 4096}}};
    /* mov eax, 1 (exit); mov ebx, 7; int 0x80 */
    memcpy((char *)&f + 0x200, "\xb8\x01\0\0\0\xbb\x07\0\0\0\xcd\x80", 12);
    return f;
}

static void put(const void *bytes, size_t n, mode_t mode)
{
    int fd = open("/tmp/broken", O_WRONLY | O_CREAT | O_TRUNC, 0700);

    expect(fd >= 0 && write(fd, bytes, n) == (ssize_t)n && fchmod(fd, mode) == 0, "/tmp/broken");
    close(fd);
}

/* What execve said, or the status of what it started after all. */
static int run(void)
{
    int status;
    pid_t child = vfork();

    if (child == 0) {
        execl("/tmp/broken", "broken", (char *)NULL);
        _exit(errno);
    }
    expect(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status), "status %#x", status);
    return WEXITSTATUS(status);
}

static int refusals;
static void refuses(const struct file *f, size_t size, int error, const char *what)
{
    put(f, size, 0700);
    int said = run();
    expect(said == error, "%s: %d, %s", what, said, strerror(said));
    refusals++;
}

static void refuses_script(const char *text, int error)
{
    put(text, strlen(text), 0700);
    int said = run();
    expect(said == error, "%s: %d, %s", text, said, strerror(said));
    refusals++;
}

static void all_headers(void)
{
    struct file f = right();

    put(&f, SIZE, 0700);
    expect(run() == 7, "the right one runs");
    refuses(&f, 0, ENOEXEC, "empty");
    refuses(&f, 30, ENOEXEC, "cut in its header");
    refuses(&f, 60, ENOEXEC, "cut in its program headers");
    refuses(&f, 5000, ENOEXEC, "cut in a segment");
    f.header.e_phnum = 0xffff;
    refuses(&f, SIZE, ENOEXEC, "65535 program headers");
    f = right();
    f.header.e_phoff = 0xfffffff0;
    refuses(&f, SIZE, ENOEXEC, "program headers that wrap round");
    f = right();
    f.header.e_entry = AT - 1;
    refuses(&f, SIZE, ENOEXEC, "an entry outside");
    f = right();
    f.segments[0].p_type = PT_INTERP;
    refuses(&f, SIZE, ENOEXEC, "dynamic");
}

static void all_segments(void)
{
    struct file f = right();

    f.segments[1].p_memsz = 10;
    refuses(&f, SIZE, ENOEXEC, "larger in the file than in memory");
    f = right();
    f.segments[1].p_vaddr = AT;
    refuses(&f, SIZE, ENOEXEC, "overlapping segments");
    f = right();
    f.segments[1].p_vaddr = 0xC0100000;
    refuses(&f, SIZE, ENOEXEC, "kernel addresses");
    f = right();
    f.segments[1].p_memsz = 0xfffff000;
    refuses(&f, SIZE, ENOEXEC, "memory that wraps round");
    f = right();
    f.segments[1].p_memsz = 0x90000000; /* fits the addresses; nobody may have so much */
    refuses(&f, SIZE, ENOMEM, "more than there is");
}

static void all_scripts(void)
{
    refuses_script("#!\n", ENOEXEC);
    refuses_script("#!/nobody\n", ENOENT);
    refuses_script("#!/tmp/broken\n", ELOOP);
    refuses_script("#!/tmp\n", EACCES);
}

static void round_of_all(void)
{
    refusals = 0;
    all_headers();
    all_segments();
    all_scripts();
}

/* What is free and what only seems used: pages of files. In kB. */
static long free_memory(void)
{
    const char *text = proc_read("/proc/meminfo");

    return atol(strstr(text, "MemFree:") + 8) + atol(strstr(text, "\nCached:") + 8);
}

int main(void)
{
    round_of_all();
    printf("each of %d broken files is refused as it should be\n", refusals);
    long before = free_memory();
    for (int i = 0; i < 20; i++)
        round_of_all();
    long after = free_memory();
    expect(after > before - 512, "%ld kB free, then %ld", before, after); /* one page each would be 1360 kB */
    printf("after 20 rounds more no memory is missing\n");
    return 0;
}
