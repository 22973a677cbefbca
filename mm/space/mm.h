/*
 * An address space.
 *
 * Key: (m) mmap_lock: write to change, read to look; (t) page_table_lock; (a) atomic; (c) constant.
 */
#pragma once
#include "arch/pgtable.h"
#include "lib/rbtree.h"
#include "mm/frame/page.h"
#include "sync/rwsem.h"

struct vma;
struct mm {
    struct rwsem mmap_lock;                         /* RANK_MMAP */
    struct rbtree vmas;                             /* (m) by start address */
    u32 vma_count;                                  /* (m) */
    u32 changes;                                    /* (m) moves before and after each change of a region */
    struct waitqueue region_wait;                   /* writers wait here for the faults inside a region */
    struct spinlock page_table_lock;                /* RANK_PTL: PDEs 0..767 */
    struct space space;                             /* root (c); entries (t) */
    atomic_t users;                                 /* tasks and others who use the memory; 0: torn down */
    atomic_t refs;                                  /* struct references (users hold one together) */
    u32 pt_count;                                   /* (t) page tables installed */
    u32 total_pages;                                /* (m) pages of address space */
    struct page *tables;                            /* (t) all of them (mm/frame/page_table.c) */
    atomic_t peak_resident;                         /* (a) the most before now (mm_note_peak) */
    u32 peak_pages;                                 /* (m) the most it ever had */
    u32 locked_pages;                               /* (m) */
    u32 data_pages;                                 /* (m) private, writable, no stack: RLIMIT_DATA's */
    vaddr_t mmap_top;                               /* (c) top-down allocation starts below this */
    vaddr_t brk_start, brk;                         /* (m) */
    vaddr_t stack_top;                              /* (c after exec) */
    vaddr_t arg_start, arg_end, env_start, env_end; /* (c after exec) */
    u32 def_flags;                                  /* (m) mlockall's future flags */
    u32 has_lazy;                                   /* (a) pages were given up (mm/space/lazy_free.c) */
    u32 wary; /* (a) MM_*: what a fault has to know before it fills an entry; set for good, in few spaces */
    struct list all;     /* list of all mms */
    struct mapping *exe; /* (m) the file it was loaded from, may be NULL */
};

#define MM_REAPED    1u /* out of memory: its pages are being taken */
#define MM_USERFAULT 2u /* some region is or was registered with a userfaultfd */

/* Empty, with one user; NULL when no memory. Sleeps. */
struct mm *mm_create(void);
/* The file it is loaded from (NULL: none), once, before anybody else knows of it: takes a reference, and is
 * counted in `executed` until the contents go. */
void mm_set_exe(struct mm *mm, struct mapping *exe);
/* One user more, by who is one; any context. And one less: the last unmaps everything. Sleeps, no lock held.
 */
void mm_get_user(struct mm *mm);
void mm_put_user(struct mm *mm);
/* The same for the struct alone, without its contents. Any context; the last put, which frees it and its
 * directory, has no spinlock held. */
void mm_get(struct mm *mm);
void mm_put(struct mm *mm);
/* Who has a reference of the struct alone (an open /proc/PID/mem) asks for the contents: false when the last
 * user has gone. While inside, the contents stay, whoever else leaves (R39). End may be the one that takes
 * them down: sleeps, no locks held. */
must_check bool mm_visit_begin(struct mm *mm);
void mm_visit_end(struct mm *mm);
/* Copies the address space, COW (R17, R18); NULL when no memory. Takes mmap_lock of `parent` for write.
 * Sleeps. */
struct mm *mm_fork(struct mm *parent);
/* The running task leaves its former mm (if any) and runs in `mm`; takes over the caller's user reference. */
void mm_switch_task(struct mm *mm);
/* The running task lets go of its mm: becomes a kernel task for the rest of its life. */
void mm_leave_task(void);
/* Gives a task that does not run yet its mm (and the user reference with it), or takes it back: NULL. */
void task_set_mm(struct task *task, struct mm *mm);
/* A user of the mm that the task has now, whoever runs it; NULL when it has none, or none that still lives.
 * The caller keeps the task. */
struct mm *task_get_mm(struct task *task);
/* Calls fn if `mm` is the task's, and keeps the task in it so long. fn under a spinlock (RANK_TASK_MM). */
void task_if_in_mm(struct task *task, const struct mm *mm, void (*fn)(struct task *, void *), void *arg);

/* ---- the calls ---- */
#define VM_READ       0x01u
#define VM_WRITE      0x02u
#define VM_EXEC       0x04u
#define VM_SHARED     0x08u
#define VM_GROWSDOWN  0x10u
#define VM_LOCKED     0x20u
#define VM_MAYWRITE   0x40u /* mprotect may add write: a private mapping, or a file opened for writing */
#define VM_DONTFORK   0x80u
#define VM_WIPEONFORK 0x100u
#define VM_NORESERVE  0x200u
#define VM_STACK      0x400u
#define VM_RANDOM     0x800u  /* madvise said so: a read of a file page maps that page alone */
#define VM_ACCOUNT    0x1000u /* its pages are promised (mm/space/commit.h) */
#define VM_ONFAULT    0x2000u /* with VM_LOCKED: locked as it comes in, not filled at once */
#define VM_USERFAULT  0x4000u /* a program provides its missing pages (mm/fault/userfault.h) */

#define STACK_LIMIT 0x00800000u /* a VM_GROWSDOWN region grows to 8 MiB: RLIMIT_STACK's default */

#define MM_FIXED           1u
#define MM_FIXED_NOREPLACE 2u
#define MM_POPULATE        4u

struct mmap_request {
    vaddr_t addr; /* hint or, with MM_FIXED*, the place */
    u32 length;
    u32 vm_flags;            /* VM_* */
    u32 how;                 /* MM_* */
    struct mapping *mapping; /* NULL: anonymous */
    u32 pgoff;               /* in pages */
    const char *name;        /* for maps: "[heap]", "[stack]" or NULL; static storage */
};
/* Whether a result of mm_mmap or mm_mremap is a negative errno and no address (which may look negative, too).
 */
static inline bool mm_is_error(s32 result)
{
    return (u32)result >= (u32)-4095;
}
/*
 * What follows takes mmap_lock itself, and sleeps: no lock held. Where nothing else is said, 0 or -errno as
 * the call's page in section 2 of the manual has it, and: -EINVAL for an argument that makes no sense,
 * -ENOMEM where memory, a limit or a mapping is missing, -EINTR after a fatal signal, which a program never
 * sees.
 */
/* The address, or -errno (mm_is_error tells them apart); -EEXIST: MM_FIXED_NOREPLACE and something lies
 * there; -EPERM: page 0; -EAGAIN: more than may be locked. */
s32 mm_mmap(struct mm *mm, const struct mmap_request *request);
/* What is not mapped is no error. -ENOMEM changes nothing. */
int mm_munmap(struct mm *mm, vaddr_t start, u32 length);
/* shmdt(2): unmaps what the attachment at `start` still shows of its memory; *owner is whose it was
 * (shmem_owner). 0, -EINVAL when there is none, -ENOMEM, -EINTR. */
int mm_detach(struct mm *mm, vaddr_t start, void **owner);
/* The rights of all of the range are `vm_flags` afterwards; with VM_GROWSDOWN it begins where the stack
 * begins that it is a part of, and -EINVAL says that it is of none. -EACCES: a file that may not be written.
 * Up to a hole, or to such a file, the range is changed all the same. */
int mm_mprotect(struct mm *mm, vaddr_t start, u32 length, u32 vm_flags);
/* The address where it is now, or -errno as mm_mmap has it; flags: MREMAP_*. -EFAULT: not one region. */
s32 mm_mremap(struct mm *mm, vaddr_t old, u32 old_len, u32 new_len, u32 flags, vaddr_t new_addr);
/* remap_file_pages(2): [start, start + length), rounded down, shows its file from page pgoff on. 0; -EINVAL
 * where it is not all one shared file's; -ENOMEM, -EINTR. */
int mm_remap_file_pages(struct mm *mm, vaddr_t start, u32 length, u32 pgoff, bool populate);
/* advice: MADV_*, in Linux's numbers. Over a hole it goes on, and says -ENOMEM at the end. */
int mm_madvise(struct mm *mm, vaddr_t start, u32 length, int advice);
/* Where the heap ends now, which is what Linux's brk returns: refused, it is where it was. */
vaddr_t mm_brk(struct mm *mm, vaddr_t new_brk);
/* A byte for each page, to the program's `user_vec`; -EFAULT where that cannot be written. */
int mm_mincore(struct mm *mm, vaddr_t start, u32 length, vaddr_t user_vec);
/* mlock2(2) and munlock(2): fills the range unless on_fault. -EAGAIN: a page of it cannot be had now. */
int mm_mlock(struct mm *mm, vaddr_t start, u32 length, bool lock, bool on_fault);
/* mlockall(2) and munlockall(2): marks every region now, and those to come. Fills them unless on_fault. */
int mm_mlock_all(struct mm *mm, bool now, bool future, bool on_fault);
/* flags: MS_*. -EBUSY: MS_INVALIDATE of what is locked; -EIO and its like are the file's. */
int mm_msync(struct mm *mm, vaddr_t start, u32 length, int flags);
/* Faults the range in, as MAP_POPULATE does. -ENOMEM: a hole; -EINVAL: a region that does not allow it;
 * -EAGAIN: no memory; -EFAULT: a page that cannot be read, or lies beyond the end of its file. */
int mm_populate(struct mm *mm, vaddr_t start, u32 length, bool write);
/* fn once for each region, lowest first, with mmap_lock held shared: it must not touch user memory (R34). */
void mm_maps_report(struct mm *mm, void (*fn)(void *ctx, const struct vma *vma), void *ctx);
/* Copies n bytes between kernel memory and [addr, addr + n) of an address space, whosever it is; access:
 * ACCESS_READ, ACCESS_WRITE (into it), and ACCESS_FORCE. Returns how many were moved: fewer where the region
 * refuses, or a fatal signal came. Sleeps; a user (or visitor) of mm, which need not be the running one. */
u32 mm_access(struct mm *mm, vaddr_t addr, void *buffer, u32 n, u32 access);
/* Pages mapped, the zero page not among them: the sum of what the page tables count (mm/frame/page.h), so
 * that a fault writes no line of the whole space for it. Exact while nobody faults. Takes page_table_lock. */
u32 mm_resident(struct mm *mm);
/* The most that mm_resident() ever was (VmHWM, ru_maxrss). Takes page_table_lock. */
u32 mm_peak_resident(struct mm *mm);
/* The same read with no lock, by who chooses a victim: an entry of the directory may change meanwhile. The mm
 * is kept alive. */
u32 mm_resident_estimate(const struct mm *mm);
/* Goes through all address spaces that have users: the one after `after` (NULL: the first) with a user's
 * reference, which the next call lets go; NULL at the end. Sleeps. */
struct mm *mm_next_user(struct mm *after);
/* Boot, once, after slab_init(). */
void mm_init(void);
