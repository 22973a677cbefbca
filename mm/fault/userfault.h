/*
 * Pages that a program provides itself (userfaultfd(2)). In a region that is registered, a fault on a page
 * that is not there asks a handler, and waits until somebody has answered (notes/fault.md; R57).
 *
 * Registered is VM_USERFAULT in a region's flags and, with it, whom to ask: vma->userfault, both (m). The
 * region holds no reference: whoever closes a userfault takes it out of every region first.
 */
#pragma once
#include "mm/fault/fault.h"
#include "sync/waitqueue.h"

struct userfault;

/* What a handler is told of a fault that waits. */
struct userfault_question {
    vaddr_t address; /* of the page */
    s32 thread;      /* whose access it was */
    bool write;
};

/* For mm, of which a struct reference is kept; NULL when no memory. user_only: the kernel's own accesses are
 * refused instead of waiting. Sleeps. */
struct userfault *userfault_create(struct mm *mm, bool user_only);
/* From now on nobody is asked or waits: a missing page is SIGBUS. Before anything is registered. */
void userfault_raise_sigbus(struct userfault *uf);
/* Registers nothing any more, and wakes everybody; the caller's reference goes. Takes mmap_lock of the space,
 * if that still lives; sleeps; no lock of mm/ held. */
void userfault_close(struct userfault *uf);

/* ---- which regions; [start, end) is page aligned and not empty. Each takes mmap_lock for write; sleeps ----
 */
/* All regions of the range, holes left out: private anonymous memory, or of files that are nothing but
 * memory. 0; -EINVAL: there is none, or of another kind; -EPERM: of a file that may not be written; -EBUSY:
 * another's already; -ENOMEM: too many regions, or the space is gone; -EINTR. */
int userfault_register(struct userfault *uf, vaddr_t start, vaddr_t end);
/* The reverse; who waits in the range goes on as in any other memory. Errors the same; -EINVAL: another's. */
int userfault_unregister(struct userfault *uf, vaddr_t start, vaddr_t end);

/* ---- answers (userfault_fill.c, userfault.c) ---- */
/* Is all of [start, end) one region that asks uf? 0, -ENOENT, -EINTR; -ESRCH: the space is gone. */
int userfault_covers(struct userfault *uf, vaddr_t start, vaddr_t end);
/* The page at addr becomes `page` (fresh, contents complete, nobody else's; NULL: zeroes), in the file if the
 * region shares one; a reference of its own is taken. Nobody is woken. As above, and -EEXIST: there is one;
 * -EFAULT: beyond the end of the file; -ENOMEM. Takes mmap_lock shared; sleeps. */
int userfault_fill(struct userfault *uf, vaddr_t addr, struct page *page);
/* Whoever waits for a page of [start, end) looks again. May hold mmap_lock. */
void userfault_wake(struct userfault *uf, vaddr_t start, vaddr_t end);

/* ---- the handler's side ---- */
/* The next question that nobody was told of; false: there is none. */
bool userfault_next(struct userfault *uf, struct userfault_question *question);
bool userfault_is_asked(struct userfault *uf); /* would it be true? */
/* Woken when a question comes. */
struct waitqueue *userfault_readers(struct userfault *uf);
