/* ioctl_userfaultfd(2): the handshake, which memory is watched, and answers to faults. */
#include "arch/memmap.h"
#include "arch/user.h"
#include "fs/page_io.h"
#include "lib/errno.h"
#include "sched/task.h"
#include "sys/memory/userfaultfd.h"

/* Type 0xaa, sizes and directions as Linux has them. */
#define UFFDIO_API        0xc018aa3fu
#define UFFDIO_REGISTER   0xc020aa00u
#define UFFDIO_UNREGISTER 0x8010aa01u
#define UFFDIO_WAKE       0x8010aa02u
#define UFFDIO_COPY       0xc028aa03u
#define UFFDIO_ZEROPAGE   0xc020aa04u

#define BIT_OF(command) (1ull << ((command)&0x3fu))
#define GENERAL_IOCTLS  (BIT_OF(UFFDIO_API) | BIT_OF(UFFDIO_REGISTER) | BIT_OF(UFFDIO_UNREGISTER))
#define RANGE_IOCTLS    (BIT_OF(UFFDIO_WAKE) | BIT_OF(UFFDIO_COPY) | BIT_OF(UFFDIO_ZEROPAGE))

#define UFFD_API              0xaau
#define REGISTER_MODE_MISSING 1u
#define FILL_MODE_DONTWAKE    1u

struct api {
    u64 api, features, ioctls;
};
struct range {
    u64 start, length;
};
struct registration {
    struct range range;
    u64 mode, ioctls;
};
struct copy {
    u64 to, from, length, mode;
    s64 copied;
};
struct zeropage {
    struct range range;
    u64 mode;
    s64 zeroed;
};

/* Not empty, and of whole pages that a program can have. */
static bool range_is_fine(const struct range *range)
{
    return !((u32)(range->start | range->length) & ~PAGE_MASK) && range->length &&
           range->start >= USER_START && range->start < USER_END && range->length <= USER_END - range->start;
}
static vaddr_t range_end(const struct range *range)
{
    return (vaddr_t)(range->start + range->length);
}

/* The range at `arg`. 0, -EFAULT, or -EINVAL: it is not fine. */
static int load_range(struct range *range, vaddr_t arg)
{
    if (copy_from_user(range, arg, sizeof(*range)))
        return -EFAULT;
    return range_is_fine(range) ? 0 : -EINVAL;
}

/* ---- handshake ---- */

/* Whoever is refused finds a structure of zeroes. */
static int refuse_api(vaddr_t arg)
{
    return clear_user(arg, sizeof(struct api)) ? -EFAULT : -EINVAL;
}

static int do_api(struct userfaultfd *u, vaddr_t arg)
{
    struct api api;
    if (copy_from_user(&api, arg, sizeof(api)))
        return -EFAULT;
    if (api.api != UFFD_API || (api.features & ~(u64)UFFD_FEATURES))
        return refuse_api(arg);
    u32 wanted = (u32)api.features;
    api.features = UFFD_FEATURES;
    api.ioctls = GENERAL_IOCTLS;
    if (copy_to_user(arg, &api, sizeof(api)))
        return -EFAULT;
    if (!atomic_cmpxchg(&u->features, 0, (int)(wanted | UFFD_READY)))
        return refuse_api(arg); /* it was done before */
    if (wanted & UFFD_FEATURE_SIGBUS)
        userfault_raise_sigbus(u->uf);
    return 0;
}

/* ---- which memory ---- */

static int do_register(struct userfaultfd *u, vaddr_t arg)
{
    struct registration r;
    if (copy_from_user(&r, arg, offsetof(struct registration, ioctls)))
        return -EFAULT;
    if (r.mode != REGISTER_MODE_MISSING || !range_is_fine(&r.range))
        return -EINVAL;
    int error = userfault_register(u->uf, (vaddr_t)r.range.start, range_end(&r.range));
    r.ioctls = RANGE_IOCTLS;
    if (!error && copy_to_user(arg + offsetof(struct registration, ioctls), &r.ioctls, sizeof(r.ioctls)))
        error = -EFAULT;
    return error;
}

static int do_unregister(struct userfaultfd *u, vaddr_t arg)
{
    struct range range;
    int error = load_range(&range, arg);
    return error ? error : userfault_unregister(u->uf, (vaddr_t)range.start, range_end(&range));
}

/* ---- answers ---- */

static int do_wake(struct userfaultfd *u, vaddr_t arg)
{
    struct range range;
    int error = load_range(&range, arg);
    if (!error)
        userfault_wake(u->uf, (vaddr_t)range.start, range_end(&range));
    return error;
}

/* A page of its own with the bytes at `from`, which are anywhere in user memory. NULL with *error. */
static struct page *page_of_bytes(u64 from, int *error)
{
    struct page *page = from < USER_END ? page_alloc(GFP_USER) : NULL;
    *error = from < USER_END ? -ENOMEM : -EFAULT;
    if (!page)
        return NULL;
    s32 moved = page_from_user(page, 0, (vaddr_t)from, PAGE_SIZE); /* no lock is held: it may fault */
    if (moved == (s32)PAGE_SIZE)
        return page;
    *error = moved == -ENOMEM ? -ENOMEM : -EFAULT;
    page_put(page);
    return NULL;
}

static int copy_page(struct userfaultfd *u, vaddr_t to, u64 from)
{
    int error;
    struct page *page = page_of_bytes(from, &error);
    if (!page)
        return error;
    error = userfault_fill(u->uf, to, page);
    page_put(page);
    return error;
}

/* Fills the range page by page, from memory or (from NULL) with zeroes. Bytes, or what stopped the first
 * page. */
static s32 fill(struct userfaultfd *u, const struct range *to, const u64 *from)
{
    u32 done = 0;
    int error = userfault_covers(u->uf, (vaddr_t)to->start, range_end(to));
    while (!error && done < to->length) {
        vaddr_t addr = (vaddr_t)to->start + done;
        error = from ? copy_page(u, addr, *from + done) : userfault_fill(u->uf, addr, NULL);
        if (!error)
            done += PAGE_SIZE;
        if (task_is_killed(current))
            error = -EINTR;
    }
    return done ? (s32)done : error;
}

/* The end of both: says how far it came, and wakes who waits there. */
static int finish_fill(struct userfaultfd *u, const struct range *to, s32 filled, vaddr_t result_at,
                       bool wakes)
{
    s64 result = filled;
    if (copy_to_user(result_at, &result, sizeof(result)))
        return -EFAULT;
    if (filled < 0)
        return filled;
    if (wakes)
        userfault_wake(u->uf, (vaddr_t)to->start, (vaddr_t)to->start + (u32)filled);
    return (u64)filled == to->length ? 0 : -EAGAIN;
}

static int do_copy(struct userfaultfd *u, vaddr_t arg)
{
    struct copy copy;
    if (copy_from_user(&copy, arg, offsetof(struct copy, copied)))
        return -EFAULT;
    struct range to = {copy.to, copy.length};
    if (!range_is_fine(&to) || copy.from + copy.length <= copy.from || (copy.mode & ~(u64)FILL_MODE_DONTWAKE))
        return -EINVAL;
    return finish_fill(u, &to, fill(u, &to, &copy.from), arg + offsetof(struct copy, copied),
                       !(copy.mode & FILL_MODE_DONTWAKE));
}

static int do_zeropage(struct userfaultfd *u, vaddr_t arg)
{
    struct zeropage zero;
    if (copy_from_user(&zero, arg, offsetof(struct zeropage, zeroed)))
        return -EFAULT;
    if (!range_is_fine(&zero.range) || (zero.mode & ~(u64)FILL_MODE_DONTWAKE))
        return -EINVAL;
    return finish_fill(u, &zero.range, fill(u, &zero.range, NULL), arg + offsetof(struct zeropage, zeroed),
                       !(zero.mode & FILL_MODE_DONTWAKE));
}

int userfaultfd_ioctl(struct file *file, u32 command, vaddr_t arg)
{
    struct userfaultfd *u = file->data;
    if (command == UFFDIO_API)
        return do_api(u, arg);
    if (!userfaultfd_is_ready(u))
        return -EINVAL;
    switch (command) {
    case UFFDIO_REGISTER:
        return do_register(u, arg);
    case UFFDIO_UNREGISTER:
        return do_unregister(u, arg);
    case UFFDIO_WAKE:
        return do_wake(u, arg);
    case UFFDIO_COPY:
        return do_copy(u, arg);
    case UFFDIO_ZEROPAGE:
        return do_zeropage(u, arg);
    default:
        return -EINVAL;
    }
}
