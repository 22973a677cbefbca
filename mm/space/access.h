/* Between the files that look into another's memory; nobody else's business. */
#pragma once
#include "mm/space/vma.h"

enum look {
    LOOK_COPIED,
    LOOK_FAULT, /* a fault has to be resolved first, with nothing held */
    LOOK_AGAIN, /* the page is there now, or has changed */
    LOOK_REFUSED
};

struct piece { /* of one page */
    struct mm *mm;
    vaddr_t addr;
    void *buffer;
    u32 n;
    bool write; /* into the other's memory */
    u32 access; /* what the entry must allow */
};

/* Moves the piece's bytes from or to a page that cannot go meanwhile: the lock of the table that maps it, or
 * a reference. */
void access_move_bytes(const struct piece *piece, struct page *page);
/* A region without any rights (PROT_NONE) has no faults: what is not mapped is read from behind it, what is
 * to be written by force is copied here. LOOK_COPIED, LOOK_AGAIN or LOOK_REFUSED. Sleeps. */
enum look access_without_rights(const struct piece *piece, struct vma *vma)
    must_hold_shared(&piece->mm->mmap_lock);
