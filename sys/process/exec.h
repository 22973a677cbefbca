/* Turning the running process into another program. */
#pragma once
#include "fs/inode.h"

struct text_list;
/* A list of strings, packed one after another with their NULs. */
struct strings {
    char *bytes; /* kvalloc'ed */
    u32 used, room, count;
};
#define EXEC_STRINGS_MAX (1u << 20)   /* arguments and environment each: E2BIG beyond */
#define EXEC_STRING_MAX  (128u << 10) /* one of them, with its end */
/* Adds n bytes and a NUL. 0, -E2BIG, -ENOMEM. */
int strings_add(struct strings *s, const char *text, u32 n);
void strings_free(struct strings *s);

/*
 * Loads the program at `path` (from base) into the running process. 0: the user frame stands at its entry. On
 * failure nothing has changed and *why (if not NULL) may hold a clause that completes "PATH cannot be run: it
 * ...". Past the point of no return a failure kills the process. Sleeps.
 */
int exec_load(struct inode *base, const char *path, struct strings *args, struct strings *env,
              const char **why);
