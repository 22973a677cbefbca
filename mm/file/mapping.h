/*
 * What mm/ needs of a file: pages by index. The file system fills in the operations; mm/ never names one.
 *
 * Key: (m) the mapping's lock, RANK_MAPPING; (c) constant.
 */
#pragma once
#include "lib/list.h"
#include "lib/rbtree.h"
#include "mm/frame/page.h"
#include "sync/seqcount.h"

struct mapping;
struct mapping_ops {
    const char *kind; /* in reports: "tmpfs file" */
    /* Fills the page, which is locked and not up to date; sleeps. 0 or negative errno. The page stays locked.
     */
    int (*read_page)(struct mapping *mapping, struct page *page);
    /* Size in bytes now: pages wholly beyond it are SIGBUS. */
    u64 (*size)(struct mapping *mapping);
    /* Pages [first, end) are to read as zeroes and give their memory back. 0 or -errno; sleeps, mmap_lock not
     * held. NULL: it cannot. */
    int (*remove)(struct mapping *mapping, u32 first, u32 end);
    /* What was written to pages [first, end) goes to what is behind the file (msync). 0 or -errno; sleeps,
     * mmap_lock not held. NULL: nothing is behind it. */
    int (*sync)(struct mapping *mapping, u32 first, u32 end);
    void (*get)(struct mapping *mapping); /* a vma holds the file open */
    void (*put)(struct mapping *mapping);
    /* A page enters the file: 0, or -ENOSPC and it does not; no lock held. One leaves it: under the mapping's
     * lock. Both NULL: nobody counts. */
    int (*charge)(struct mapping *mapping);
    void (*uncharge)(struct mapping *mapping);
    /* Nothing is behind it: a page that it lacks was never written, and userfaultfd may provide it. */
    bool is_memory;
};
struct mapping {
    struct spinlock lock;
    struct rbtree pages;           /* (m) by index; each entry holds a reference of its page */
    struct seqcount changes;       /* (m) to write: moves while the tree does (mapping_walk.c) */
    u32 page_count;                /* (m) */
    struct list regions;           /* (m) struct vma by `mapped`: all that are in some space's tree */
    u32 walks;                     /* (m) number of the last walk along them */
    const struct mapping_ops *ops; /* (c) */
    atomic_t executed;             /* (a) address spaces whose program it is */
    void *host;                    /* (c) the inode */
    u32 number;                    /* (c) which one of its kind, in reports: the inode's number */
};
void mapping_init(struct mapping *mapping, const struct mapping_ops *ops, void *host);
/* The page with a reference, or NULL. */
struct page *mapping_find(struct mapping *mapping, u32 index);
/* The page with a reference, up to date and unlocked, reading it if needed (sleeps); ERR: NULL with *error
 * set. One read, however many ask (R03): the one that inserted reads, the others wait for the page lock. */
struct page *mapping_read(struct mapping *mapping, u32 index, int *error);
/* Up to `count` pages from `first` on in one look-up: pages[i] is page first + i with a reference, or NULL
 * where it is absent or not up to date. */
void mapping_find_run(struct mapping *mapping, u32 first, u32 count, struct page **pages);
/* Pages that the file has now, the last one perhaps partly. */
static inline u32 mapping_pages(struct mapping *mapping)
{
    return (u32)((mapping->ops->size(mapping) + PAGE_SIZE - 1) >> PAGE_SHIFT);
}
/* Inserts a fresh locked page; -EEXIST when another came first, -ENOSPC where charge() says so. Takes a reference of its own. */
must_check int mapping_insert(struct mapping *mapping, struct page *page, u32 index);
/* Page `index` becomes `page` (fresh, nobody else's), contents and all; takes a reference of its own. 0;
 * -EEXIST: the file has one; -EFAULT: the file does not reach so far. mmap_lock may be held. */
must_check int mapping_provide(struct mapping *mapping, u32 index, struct page *page);
/* Drops all pages from `first_index` on out of the cache; who has one mapped keeps it. */
void mapping_drop(struct mapping *mapping, u32 first_index);
/* The same for pages [first, end). */
void mapping_drop_range(struct mapping *mapping, u32 first, u32 end);
/* Pages [first, end) leave the file: out of the cache and out of every page table; with copies_too, private
 * copies go as well, as a truncation wants it and a hole does not. The size has been changed before. No fault
 * maps any of them again (R40). One at a time for a file; sleeps; no lock of mm/ held, nor mmap_lock. */
void mapping_remove(struct mapping *mapping, u32 first, u32 end, bool copies_too);
/* The same pages may not be written through any mapping when this returns, on any CPU: the next write faults,
 * and marks its page PAGE_DIRTY. One at a time for a file, as above. */
void mapping_write_protect(struct mapping *mapping, u32 first, u32 end);
/* Pages that all files hold, those of shared anonymous memory among them. */
u32 mapping_pages_cached(void);
/* Calls `write` for each of pages [first, end) that is PAGE_DIRTY, the page locked; 0 or the first error. A
 * page that is written to meanwhile is dirty again afterwards (R47). One at a time for a file; sleeps; no
 * lock of mm/ held. */
must_check int mapping_clean(struct mapping *mapping, u32 first, u32 end,
                             int (*write)(struct mapping *mapping, struct page *page));

struct vma;
/* A region enters or leaves a tree. mmap_lock of its space held for write. */
void mapping_add_region(struct vma *vma);
void mapping_remove_region(struct vma *vma);
/* Does any region of it have all of these VM_* flags? */
bool mapping_is_mapped(struct mapping *mapping, u32 flags);

/* Memory shared between the tasks that map it and backed by no file: MAP_SHARED | MAP_ANONYMOUS
 * (mm/file/shmem.c). `pages` pages of zeroes, one reference (ops->put gives it back, the last frees all
 * pages); NULL when no memory, or when `promise` asks for more than may be promised (mm/space/commit.h).
 * Sleeps. */
struct mapping *shmem_create(u32 pages, bool promise);
bool mapping_is_shmem(const struct mapping *mapping);
/* For who keeps a record of such memory: references now; one more, unless the last has gone; and whom to tell
 * when it goes. fn(owner) may run with mmap_lock held, must not sleep, and is set before anybody maps it. */
u32 shmem_references(const struct mapping *mapping);
must_check bool shmem_get_unless_gone(struct mapping *mapping);
void shmem_on_last_put(struct mapping *mapping, void (*fn)(void *owner), void *owner);
void *shmem_owner(const struct mapping *mapping); /* NULL: nobody keeps a record */
