/* System V shared memory: segments by key and number. shmget(2), shmat(2), shmctl(2). Between its two files.
 */
#pragma once
#include "lib/errno.h"
#include "mm/file/mapping.h"

#define SHM_SEGMENTS 4096u /* SHMMNI */
#define SHM_MAX      (USER_END & PAGE_MASK)
#define SHM_DEST     01000u /* in mode: removed, and goes with its last attachment */
#define SHM_LOCKED   02000u
#define IPC_PRIVATE  0

/*
 * Key: (s) shm_lock; (c) constant.
 *
 * The pages are a shared memory of mm/'s. The table has one reference of them until IPC_RMID, each region
 * that shows them one; with the last of all goes the record (shm_gone).
 */
struct shm_segment {
    struct mapping *mapping;         /* (c) */
    s32 key, id;                     /* (s) key; (c) id */
    u32 size;                        /* (c) bytes, as asked for */
    u32 mode;                        /* (s) */
    u32 uid, gid;                    /* (s) */
    u32 creator_uid, creator_gid;    /* (c) */
    s32 creator, last;               /* (c), (s) process numbers */
    u64 attached, detached, changed; /* (s) seconds since 1970 */
    char name[24];                   /* (c) in maps */
};
extern struct spinlock shm_lock; /* RANK_LEAF: the table and every (s) */
/* The segment of that number, or -EINVAL (never was), -EIDRM (its number means another now). */
struct shm_segment *shm_find(s32 id, int *error) must_hold(&shm_lock);
/* At this place of the table, or NULL. */
struct shm_segment *shm_at(u32 index) must_hold(&shm_lock);
/* May the running process do this (4 read, 2 write) with it? */
bool shm_allows(const struct shm_segment *s, u32 access) must_hold(&shm_lock);
/* Regions that show it. */
u32 shm_attachments(const struct shm_segment *s) must_hold(&shm_lock);
u64 shm_now(void);
