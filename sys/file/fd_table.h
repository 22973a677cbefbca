/* Open file numbers: fd -> struct file. Shared by CLONE_FILES. */
#pragma once
#include "fs/file.h"

#define FD_MAX 1024u
struct fd_table;
struct fd_table *fd_table_create(void);
struct fd_table *fd_table_get(struct fd_table *t);
struct fd_table *fd_table_copy(struct fd_table *from);
void fd_table_put(struct fd_table *t); /* the last closes all; sleeps */
void fd_table_close_on_exec(struct fd_table *t);

/* ---- of the running thread's table ---- */
/* The file with a reference, or NULL (-EBADF). */
struct file *fd_get(int fd);
/* The same for the length of a call. With a table of its own nobody but this thread can close the file, so
 * that no reference is needed: *counted says whether one was taken. */
struct file *fd_borrow(int fd, bool *counted);
static inline void fd_return(struct file *file, bool counted)
{
    if (unlikely(counted))
        file_put(file);
}
/* The lowest free number >= from for `file`, whose reference passes to the table; -EMFILE, -ENOMEM (the
 * caller keeps it). */
int fd_install(struct file *file, int from, bool close_on_exec);
/* The same from 0, and the reference passes in any case: what is not installed is closed. */
int fd_give(struct file *file, bool close_on_exec);
/* Opens an inode that nobody else will (its reference passes) and gives it a number; `flags` as of open(2). The number, -ENOMEM,
 * -EMFILE, or what its open says. Sleeps. */
int fd_open(struct inode *inode, u32 flags);
/* dup2: puts `file` at this very number and closes what was there. 0 or -errno. */
int fd_replace(int fd, struct file *file, bool close_on_exec);
int fd_close(int fd);
/* 0, 1 or -EBADF. set < 0: only asks. */
int fd_close_on_exec(int fd, int set);
/* The lowest open number >= from, or -1. */
int fd_next(struct fd_table *t, int from);
