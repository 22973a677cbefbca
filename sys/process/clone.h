/* clone, as its four calls ask for it and fork.c does it: clone(2). */
#pragma once
#include "lib/types.h"

#define CSIGNAL              0xffu
#define CLONE_VM             0x100u
#define CLONE_FS             0x200u
#define CLONE_FILES          0x400u
#define CLONE_SIGHAND        0x800u
#define CLONE_PIDFD          0x1000u
#define CLONE_VFORK          0x4000u
#define CLONE_PARENT         0x8000u
#define CLONE_THREAD         0x10000u
#define CLONE_NEWNS_ALL      0x7e020000u /* namespaces, cgroups: not here */
#define CLONE_SETTLS         0x80000u
#define CLONE_PARENT_SETTID  0x100000u
#define CLONE_CHILD_CLEARTID 0x200000u
#define CLONE_DETACHED       0x400000u
#define CLONE_CHILD_SETTID   0x1000000u

struct clone_request {
    u32 flags;
    bool clear_handlers; /* CLONE_CLEAR_SIGHAND, which has no bit in 32 */
    vaddr_t stack;       /* 0: the caller's */
    vaddr_t parent_tid, child_tid;
    vaddr_t tls; /* struct user_desc */
};

/* The new task's number, or -errno. With CLONE_VFORK it returns when the child has left its parent's memory.
 */
s32 process_clone(const struct clone_request *r);
