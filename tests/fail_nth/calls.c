/*
 * Every allocation that the kernel makes for a program fails once (`make fail-nth`). For each operation below
 * a child asks for its first allocation to fail, does the operation and ends; the next child for its second;
 * until one ends without having met a refusal. An operation may succeed all the same (the kernel had another
 * way), or say ENOMEM or another errno that its man page gives for want of memory, or be killed where a page
 * cannot be had. Afterwards as many frames, objects and pages of the kernel window must be in use as before.
 *
 * Runs on the test kernel alone: /proc/fail_nth and /proc/fail_sites. Prints TAP and tables.
 */
#define _GNU_SOURCE
#include "operations.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NTH_MAX 400u

static int fail_fd;

static void fail_from_here(unsigned nth)
{
    char text[12];
    int n = snprintf(text, sizeof text, "%u", nth);
    if (write(fail_fd, text, (size_t)n) != n)
        _exit(99);
}

/* ---- the kernel's counts ---- */

struct counts {
    unsigned refused, frames, objects, window;
};

static bool read_counts(struct counts *c)
{
    char line[100];
    int fd = open("/proc/fail_sites", O_RDONLY);
    ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof line - 1);
    close(fd);
    line[n > 0 ? n : 0] = '\0';
    return sscanf(line, "refused %u frames %u objects %u window %u", &c->refused, &c->frames, &c->objects,
                  &c->window) == 4;
}

static void show_sites(void)
{
    char text[256];
    int fd = open("/proc/fail_sites", O_RDONLY);
    for (ssize_t n; fd >= 0 && (n = read(fd, text, sizeof text)) > 0;)
        fwrite(text, 1, (size_t)n, stdout);
    close(fd);
}

/* ---- one operation to its last allocation ---- */

struct tally {
    unsigned refused, succeeded, said_so, killed, wrong;
    int wrong_error;
};

/* What the man pages give for want of memory, and what follows from it in a child. */
static bool means_no_memory(int error)
{
    return error == ENOMEM || error == EAGAIN || error == EFAULT || error == ENFILE || error == ENOSPC;
}

/* A child with its nth allocation refused. False: there was no such one. */
static bool one_child(const struct operation *operation, unsigned nth, struct tally *t)
{
    struct counts before, after;
    int status = 0;
    if (!read_counts(&before))
        exit(98);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        fail_from_here(nth);
        _exit(
            operation
                ->run()); /* with the count still going where it was not reached: exit is an operation, too */
    }
    if (child < 0 || waitpid(child, &status, 0) != child || !read_counts(&after))
        exit(97);
    undo_names();
    if (after.refused == before.refused)
        return false;
    t->refused++;
    if (WIFSIGNALED(status))
        t->killed++;
    else if (WEXITSTATUS(status) == 0)
        t->succeeded++;
    else if (means_no_memory(WEXITSTATUS(status)))
        t->said_so++;
    else {
        t->wrong++;
        t->wrong_error = WEXITSTATUS(status);
    }
    return true;
}

static bool run_operation(unsigned number, const struct operation *operation)
{
    struct tally t = {0}, ignored = {0};
    struct counts before = {0}, after = {0};
    one_child(operation, 0, &ignored); /* what is made once is made now */
    one_child(operation, 0, &ignored);
    read_counts(&before);
    unsigned nth = 1;
    while (nth < NTH_MAX && one_child(operation, nth, &t))
        nth++;
    read_counts(&after);
    int frames = (int)(after.frames - before.frames), objects = (int)(after.objects - before.objects),
        window = (int)(after.window - before.window);
    bool good = nth < NTH_MAX && t.wrong == 0 && frames <= 0 && objects <= 0 && window <= 0;
    printf(
        "%sok %u - fail_nth %s: %u refused: %u succeeded all the same, %u said so, %u killed; leaked: %d frames, "
        "%d objects, %d window pages\n",
        good ? "" : "not ", number, operation->name, t.refused, t.succeeded, t.said_so, t.killed, frames,
        objects, window);
    if (t.wrong)
        printf("  # %u ended with %s\n", t.wrong, strerror(t.wrong_error));
    fflush(stdout);
    return good;
}

int main(int argc, char **argv)
{
    unsigned n = sizeof operations / sizeof *operations, failed = 0;
    if (argc > 1 && !strcmp(argv[1], "end"))
        return 0;
    fail_fd = open("/proc/fail_nth", O_WRONLY);
    plain = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (fail_fd < 0 || plain == MAP_FAILED) {
        printf("1..0 # SKIP no /proc/fail_nth: this is not the test kernel\n");
        return 1;
    }
    memset(plain, 1, 4 * PAGE);
    printf("1..%u\n", n);
    for (unsigned i = 0; i < n; i++)
        failed += !run_operation(i + 1, &operations[i]);
    show_sites();
    return failed != 0;
}
