/* addr2line as a library: see symbolize.h. */
#define _GNU_SOURCE
#include "arch/sim/symbolize.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Frames that say how a choice point is made, not why: the reader wants the line that uses them. */
static bool is_plumbing(const char *file)
{
    static const char *const names[] = {"arch/atomic.h", "arch/cpumask.h", "arch/sim/", "arch/cpu.h"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strstr(file, names[i]))
            return true;
    return false;
}

/* The path below the tree's root: file names in the debug information may begin with the build directory. */
static const char *short_path(const char *path)
{
    char here[512];
    size_t n = getcwd(here, sizeof(here)) ? strlen(here) : 0;

    if (n && !strncmp(path, here, n) && path[n] == '/')
        path += n + 1;
    return strncmp(path, "./", 2) ? path : path + 2;
}

/* addr2line -a -i -f prints 0xADDRESS, then a function and a file:line for each inlining level, innermost
 * first. */
static void read_answers(FILE *answers, struct source_line *lines, u32 n)
{
    char function[256], place[512];
    struct source_line *line = NULL;
    bool settled = false;
    u32 next = 0;

    while (fgets(function, sizeof(function), answers)) {
        function[strcspn(function, "\n")] = '\0';
        if (!strncmp(function, "0x", 2)) {
            if (next == n)
                return;
            line = &lines[next++];
            settled = false;
            continue;
        }
        if (!fgets(place, sizeof(place), answers) || !line)
            return;
        place[strcspn(place, " \n")] = '\0';
        if (settled)
            continue;
        snprintf(line->text, sizeof(line->text), "%.48s (%.72s)", function, short_path(place));
        settled = !is_plumbing(place);
    }
}

void symbolize(struct source_line *lines, u32 n)
{
    char questions[] = "/tmp/faultline-ips-XXXXXX", command[512], self[256];
    int fd = mkstemp(questions);
    ssize_t self_length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

    for (u32 i = 0; i < n; i++)
        snprintf(lines[i].text, sizeof(lines[i].text), "%#x", lines[i].ip);
    if (!file || self_length < 0)
        return;
    self[self_length] = '\0';
    for (u32 i = 0; i < n; i++)
        fprintf(file, "%#x\n", lines[i].ip - 1); /* a return address: the call lies before it */
    fclose(file);
    snprintf(command, sizeof(command), "addr2line -a -i -f -e '%s' <%s 2>/dev/null", self, questions);
    FILE *answers = popen(command, "r");
    if (answers) {
        read_answers(answers, lines, n);
        pclose(answers);
    }
    unlink(questions);
}

#define PLACES_MAX 4u

void symbolize_places(char *sentence, size_t size)
{
    static struct source_line lines[PLACES_MAX];
    u32 ips[PLACES_MAX], n = 0;
    char whole[400], *to = whole;
    bool same = true;

    for (const char *at = strstr(sentence, "@0x"); at && n < PLACES_MAX; at = strstr(at + 1, "@0x")) {
        ips[n] = (u32)strtoul(at + 1, NULL, 16);
        same &= lines[n].ip == ips[n];
        lines[n].ip = ips[n];
        n++;
    }
    if (!same)
        symbolize(lines, n);
    char *end = whole + sizeof(whole);
    const char *from = sentence;
    for (u32 i = 0; i < n; i++) {
        const char *at = strstr(from, "@0x");
        to += snprintf(to, (size_t)(end - to), "%.*s%s", (int)(at - from), from, lines[i].text);
        if (to >= end)
            return;
        from = at + strspn(at, "@0x123456789abcdef");
    }
    if (n && snprintf(to, (size_t)(end - to), "%s", from) < end - to)
        snprintf(sentence, size, "%s", whole);
}
