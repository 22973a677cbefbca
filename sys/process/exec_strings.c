/* The lists of strings that exec carries from one program to the next, and scripts' first lines. */
#include "fs/page_io.h"
#include "lib/string.h"
#include "mm/kernel/kvalloc.h"
#include "mm/kernel/slab.h"
#include "sys/process/exec_private.h"

static int strings_reserve(struct strings *s, u32 n)
{
    if (s->used + n <= s->room)
        return 0;
    if (s->used + n > EXEC_STRINGS_MAX)
        return -E2BIG;
    u32 room = MIN(MAX(s->room * 2, ALIGN_UP(s->used + n, PAGE_SIZE)), EXEC_STRINGS_MAX);
    char *bytes = kvalloc(room, "exec strings", 0);
    if (!bytes)
        return -ENOMEM;
    if (s->used)
        memcpy(bytes, s->bytes, s->used);
    kvfree(s->bytes);
    s->bytes = bytes;
    s->room = room;
    return 0;
}

int strings_append(struct strings *s, const char *text, u32 n, bool ended)
{
    int error = strings_reserve(s, n + 1);
    if (error)
        return error;
    memcpy(s->bytes + s->used, text, n);
    s->used += n;
    if (ended) {
        s->bytes[s->used++] = '\0';
        s->count++;
    }
    return 0;
}

int strings_add(struct strings *s, const char *text, u32 n)
{
    return strings_append(s, text, n, true);
}

void strings_free(struct strings *s)
{
    kvfree(s->bytes);
    *s = (struct strings){0};
}

/* Takes the first string away: a script's argv[0] gives way to the script's path. */
static void drop_first(struct strings *s)
{
    if (!s->count)
        return;
    u32 n = (u32)strlen(s->bytes) + 1;
    memmove(s->bytes, s->bytes + n, s->used - n);
    s->used -= n;
    s->count--;
}

static int prepend(struct strings *s, const char *text)
{
    u32 n = (u32)strlen(text) + 1;
    int error = strings_reserve(s, n);
    if (error)
        return error;
    memmove(s->bytes + n, s->bytes, s->used);
    memcpy(s->bytes, text, n);
    s->used += n;
    s->count++;
    return 0;
}

/* Cuts blanks off both ends of a line, in place. */
static char *trim(char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    for (char *end = text + strlen(text);
         end > text && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r');)
        *--end = '\0';
    return text;
}

/* `line` is what follows "#!", NUL-terminated: an interpreter and at most one argument (execve(2)). */
static int use_interpreter(char *line, struct exec_request *r)
{
    char *program = trim(line), *argument = program;
    while (*argument && *argument != ' ' && *argument != '\t')
        argument++;
    if (*argument)
        *argument++ = '\0';
    argument = trim(argument);
    if (!*program) {
        *r->why = "is a script that names no interpreter";
        return -ENOEXEC;
    }
    char *copy = kmalloc(strlen(program) + 1, GFP_KERNEL);
    if (!copy)
        return -ENOMEM;
    string_copy(copy, program, strlen(program) + 1);
    drop_first(r->args);
    int error = prepend(r->args, r->path);
    if (!error && *argument)
        error = prepend(r->args, argument);
    if (!error)
        error = prepend(r->args, copy);
    kfree(r->interpreter);
    r->interpreter = copy;
    r->path = copy;
    return error;
}

int exec_try_script(struct inode *inode, struct exec_request *r, bool *script)
{
    char line[256];
    s32 n = inode_read_kernel(inode, line, sizeof(line) - 1, 0);
    *script = n >= 2 && line[0] == '#' && line[1] == '!';
    if (!*script)
        return n < 0 ? n : 0;
    line[n] = '\0';
    char *end = strchr(line, '\n');
    if (end)
        *end = '\0';
    return use_interpreter(line + 2, r);
}
