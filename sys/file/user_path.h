/* Paths as system calls get them. */
#pragma once
#include "fs/path.h"
#define AT_FDCWD            (-100)
#define AT_SYMLINK_NOFOLLOW 0x100u
#define AT_REMOVEDIR        0x200u
#define AT_SYMLINK_FOLLOW   0x400u
#define AT_EMPTY_PATH       0x1000u
/* The path copied to kernel memory (kfree), or NULL with *error. Sleeps. */
char *path_from_user(vaddr_t from, int *error);
/* Walks a user path from dirfd (or the working directory). As path_walk(). */
must_check int user_path_walk(int dirfd, vaddr_t name, unsigned flags, struct path *path);
/* The inode alone, referenced. at_flags: AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH (the dirfd itself). */
struct inode *user_path_inode(int dirfd, vaddr_t name, u32 at_flags, int *error);
