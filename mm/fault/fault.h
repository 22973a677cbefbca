/*
 * The page fault (notes/fault.md has the figure of cases). One handler, one retry loop, two shapes:
 * A prepare-lock-recheck-commit; B name what must be waited for, let everything go, wait, start again.
 */
#pragma once
#include "mm/space/vma.h"

enum fault_result {
    FAULT_DONE,        /* go back and run the instruction again */
    FAULT_WAIT,        /* inside mm/ only: wait for fault.pending, then retry from the look-up */
    FAULT_NO_REGION,   /* SIGSEGV, SEGV_MAPERR */
    FAULT_BAD_ACCESS,  /* SIGSEGV, SEGV_ACCERR */
    FAULT_PAST_END,    /* SIGBUS, BUS_ADRERR: beyond the file's last page */
    FAULT_IO_ERROR,    /* SIGBUS, BUS_ADRERR */
    FAULT_NO_MEMORY,   /* nothing held; the caller decides */
    FAULT_KILLED,      /* a fatal signal came while it waited */
    FAULT_INTERRUPTED, /* ACCESS_USER: any signal did; the instruction is run again when that is delivered */
};
#define ACCESS_READ  0u
#define ACCESS_WRITE 1u
#define ACCESS_USER  2u /* a program's own instruction, not a copy in the kernel */
/* A debugger's: private pages may be read and copied whatever the region's rights are. */
#define ACCESS_FORCE 4u

/* Whether a write may go into a region with these flags. Forced, it makes a private copy that stays
 * read-only. */
static inline bool vma_may_write(u32 vm_flags, u32 access)
{
    if ((vm_flags & VM_WRITE) || !(access & ACCESS_FORCE))
        return vm_flags & VM_WRITE;
    return !(vm_flags & VM_SHARED) && (vm_flags & VM_MAYWRITE) && vma_accessible(vm_flags);
}

/* Resolves one access. Takes and releases mmap_lock itself; sleeps; nothing is held on return. */
enum fault_result fault_handle(struct mm *mm, vaddr_t addr, u32 access);

/* sys/ sets this at init: an access by user code that cannot be resolved becomes a signal. */
struct trap_frame;
extern void (*fault_signal_hook)(struct trap_frame *frame, vaddr_t addr, enum fault_result why);
