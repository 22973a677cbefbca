/*
 * What an address space may become: promises of memory against what the machine has (overcommit), and the
 * limits of setrlimit(2) on its size. Both are asked when regions change, never by a fault: no fault writes
 * these lines.
 */
#pragma once
#include "mm/space/mm.h"

/* /proc/sys/vm/overcommit_memory, Linux's numbers. */
enum overcommit_mode {
    OVERCOMMIT_GUESS,  /* refuse only what is more than the machine has at all */
    OVERCOMMIT_ALWAYS, /* refuse nothing */
    OVERCOMMIT_NEVER,  /* promise no more than commit_limit() */
};
extern u32 overcommit_mode, overcommit_ratio; /* (a) the ratio is percent of memory */

u32 commit_limit(void);    /* pages that OVERCOMMIT_NEVER promises */
u32 commit_promised(void); /* pages promised now, in every mode */
/* Promises pages of private writable or shared anonymous memory; 0 or -ENOMEM with nothing promised. */
must_check int commit_charge(u32 pages);
void commit_uncharge(u32 pages);
/* The first `checked` of `pages` as commit_charge() does, the rest without asking: they replace others, which
 * go at once (mremap). */
must_check int commit_charge_replacing(u32 pages, u32 checked);

/* Whether the pages of a region with these flags are promised when it is made. */
static inline bool vma_is_promised(u32 vm_flags)
{
    return (vm_flags & (VM_WRITE | VM_SHARED | VM_NORESERVE)) == VM_WRITE;
}
/* RLIMIT_DATA counts it. */
static inline bool vma_is_data(u32 vm_flags)
{
    return (vm_flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) == VM_WRITE;
}

/* What setrlimit(2) set for a process; its tasks point to it. ~0: no limit. (a) */
struct memory_limits {
    u32 space_pages;  /* RLIMIT_AS */
    u32 data_pages;   /* RLIMIT_DATA */
    u32 stack_bytes;  /* RLIMIT_STACK */
    u32 locked_pages; /* RLIMIT_MEMLOCK, or none for who may lock all */
    u32 file_bytes;   /* RLIMIT_FSIZE, for fs/; ~0: none */
};
/* `pages` more with these flags: within RLIMIT_AS and RLIMIT_DATA of the running task? (Kernel tasks have
 * none.) */
must_check bool mm_may_grow(const struct mm *mm, u32 pages, u32 vm_flags) must_hold_shared(&mm->mmap_lock);
/* `pages` that are there become private and writable: within RLIMIT_DATA? */
must_check bool mm_may_become_data(const struct mm *mm, u32 pages) must_hold_shared(&mm->mmap_lock);
/* `pages` more that are locked: within RLIMIT_MEMLOCK? */
must_check bool mm_may_lock(const struct mm *mm, u32 pages) must_hold_shared(&mm->mmap_lock);
/* The running task's RLIMIT_STACK in bytes; STACK_LIMIT where it has none. */
u32 mm_stack_limit(void);
/* `pages` (perhaps negative) with these flags join the space: the counts of struct mm. */
void mm_account(struct mm *mm, u32 vm_flags, int pages) must_hold(&mm->mmap_lock);
