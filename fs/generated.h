/*
 * Files whose text is made when they are first read (/proc). The maker prints into a growing buffer that
 * belongs to the open file, so a reader sees one moment however small its reads are, and another when he begins again.
 */
#pragma once
#include "fs/file.h"

struct text {
    char *p;
    size_t length, room;
    bool failed; /* no memory: the reader gets -ENOMEM */
    bool shown;  /* somebody has read of it: a read from the start makes another */
};
void text_print(struct text *t, const char *fmt, ...) printf_like(2, 3);
void text_append(struct text *t, const void *bytes, size_t n);

/* Prints the file's text; may sleep, no lock held. `arg` is the inode's data. */
typedef void (*text_maker)(struct text *t, u32 arg);
/* Takes what was written (up to 64 bytes, NUL-terminated); 0 or -errno. */
typedef int (*text_taker)(char *written, u32 arg);
/* A file without a name yet, one reference; NULL when no memory. `take` may be NULL: read-only. */
struct inode *generated_create(text_maker make, text_taker take, u32 arg);
/* Makes it and links it at `name` in `dir`. 0 or -errno. Sleeps. */
int generated_add(struct inode *dir, const char *name, text_maker make, text_taker take);
