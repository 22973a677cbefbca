/* Rows of /proc/self/smaps and /proc/self/status, read with no allocation of the program's own: looking
 * changes nothing of what is looked at. */
#pragma once
#include "expect.h"
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

static char proc_text[1 << 18];

static inline const char *proc_read(const char *path)
{
    size_t n = 0;
    ssize_t got;
    int fd = open(path, O_RDONLY);

    expect(fd >= 0, "%s", path);
    while ((got = read(fd, proc_text + n, sizeof proc_text - 1 - n)) > 0)
        n += (size_t)got;
    expect(got == 0, "%s", path);
    close(fd);
    proc_text[n] = 0;
    return proc_text;
}

/* In kB. */
static inline long status_row(const char *row)
{
    const char *at = strstr(proc_read("/proc/self/status"), row);

    return at ? atol(at + strlen(row)) : -1;
}

/* The value of `row` of the region that begins at `start`, in kB; -1: there is none. */
static inline long smaps_row(const void *start, const char *row)
{
    char wanted[20];
    const char *at;

    sprintf(wanted, "%08lx-", (unsigned long)(uintptr_t)start);
    at = strstr(proc_read("/proc/self/smaps"), wanted);
    at = at ? strstr(at, row) : NULL; /* every region has every row */
    return at ? atol(at + strlen(row)) : -1;
}
