/*
 * epoll(7): a set of files whose readiness is asked for together. The set listens to each file's wait queue;
 * a wake-up there marks the file, and only marked files are asked.
 */
#pragma once
#include "fs/file.h"

#define EPOLL_ONESHOT (1u << 30)
#define EPOLL_EDGE    (1u << 31)

/* struct epoll_event of i386. */
struct epoll_event {
    u32 events;
    u64 data;
} packed;

void epoll_init(void);
/* A new set, as a file; NULL: no memory. */
struct file *epoll_create(void);
bool file_is_epoll(const struct file *file);
/* 0, -EEXIST, -ENOENT, -EPERM (the file has nothing to wait for), -ELOOP (of sets in sets) or -ENOMEM. Sleep.
 */
int epoll_add(struct file *set, int fd, struct file *file, const struct epoll_event *event);
int epoll_modify(struct file *set, int fd, struct file *file, const struct epoll_event *event);
int epoll_remove(struct file *set, int fd, struct file *file);
/* Waits until `deadline` for a file that is ready: how many events were put into `to`, 0 when late, or
 * -EINTR. Sleeps. */
s32 epoll_wait(struct file *set, struct epoll_event *to, u32 most, u64 deadline);
