/* userfaultfd(2): the descriptor. Faults are read from it as messages; what is done about them are ioctls
 * (userfaultfd_ioctl.c). Who waits for whom is mm/fault/userfault.c's. */
#include "sys/memory/userfaultfd.h"
#include "arch/user.h"
#include "mm/kernel/slab.h"
#include "sched/task.h"
#include "sys/file/fd_table.h"
#include "sys/process/process.h"
#include "sys/syscalls.h"

#define UFFD_USER_MODE_ONLY 1u

#define UFFD_EVENT_PAGEFAULT      0x12u
#define UFFD_PAGEFAULT_FLAG_WRITE 1u

/* struct uffd_msg of a page fault. */
struct message {
    u8 event, zero[7];
    u64 flags, address;
    u32 thread; /* with UFFD_FEATURE_THREAD_ID */
    u32 rest;
};
static_assert(sizeof(struct message) == 32, "as programs read it");

/* ---- read, poll ---- */

/* The next message; waits for it if it may. 0, -EAGAIN, -ERESTARTSYS. */
static int next_message(struct userfaultfd *u, bool may_wait, struct message *message)
{
    struct userfault_question question;
    if (!may_wait) {
        if (!userfault_next(u->uf, &question))
            return -EAGAIN;
    } else if (wait_event_interruptible(userfault_readers(u->uf), userfault_next(u->uf, &question))) {
        return -ERESTARTSYS;
    }
    bool wants_thread = userfaultfd_features(u) & UFFD_FEATURE_THREAD_ID;
    *message = (struct message){.event = UFFD_EVENT_PAGEFAULT,
                                .flags = question.write ? UFFD_PAGEFAULT_FLAG_WRITE : 0,
                                .address = question.address,
                                .thread = wants_thread ? (u32)question.thread : 0};
    return 0;
}

/* As many as fit and are there; waits for the first alone. */
static s32 userfaultfd_read(struct file *file, vaddr_t user, size_t n, u64 *position)
{
    struct userfaultfd *u = file->data;
    bool may_wait = !(READ_ONCE(file->flags) & O_NONBLOCK);
    struct message message;
    size_t done = 0;
    if (!userfaultfd_is_ready(u) || n < sizeof(message))
        return -EINVAL;
    for (; n - done >= sizeof(message); done += sizeof(message)) {
        int error = next_message(u, may_wait && !done, &message);
        if (!error && copy_to_user(user + done, &message, sizeof(message)))
            error = -EFAULT;
        if (error)
            return done ? (s32)done : error;
    }
    return (s32)done;
}

/* A descriptor that blocks cannot be polled: the fault that was seen may be over before it is read. */
static u32 userfaultfd_poll(struct file *file, struct waitqueue **queue)
{
    struct userfaultfd *u = file->data;
    *queue = userfault_readers(u->uf);
    if (!userfaultfd_is_ready(u) || !(READ_ONCE(file->flags) & O_NONBLOCK))
        return POLL_ERR;
    return userfault_is_asked(u->uf) ? POLL_IN : 0;
}

/* ---- open, close ---- */

/* The file's, and the inode's: of a file that could not be opened, too. */
static void userfaultfd_release(struct inode *inode)
{
    struct userfaultfd *u = inode->data;
    if (!u)
        return;
    userfault_close(u->uf);
    kfree(u);
}

static const struct inode_ops userfaultfd_inode_ops = {.release = userfaultfd_release};
static const struct file_ops userfaultfd_file_ops = {.open = file_open_with_data,
                                                     .read = userfaultfd_read,
                                                     .ioctl = userfaultfd_ioctl,
                                                     .poll = userfaultfd_poll};

/* For the running program's memory. NULL when no memory. */
static struct inode *userfaultfd_inode(bool user_only)
{
    struct inode *inode = inode_create(S_IFIFO | 0600, &userfaultfd_file_ops, &userfaultfd_inode_ops);
    struct userfaultfd *u = inode ? fs_alloc(sizeof(*u)) : NULL;
    struct userfault *uf = u ? userfault_create(current->mm, user_only) : NULL;
    if (!uf) {
        kfree(u);
        if (inode)
            inode_put(inode);
        return NULL;
    }
    u->uf = uf;
    inode->data = u;
    return inode;
}

s32 sys_userfaultfd(u32 flags)
{
    bool user_only = flags & UFFD_USER_MODE_ONLY;
    if (!user_only && READ_ONCE(process_current()->uid[1]) != 0)
        return -EPERM; /* it could hold up the kernel's own accesses, for as long as it likes */
    if (flags & ~(UFFD_USER_MODE_ONLY | O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    struct inode *inode = userfaultfd_inode(user_only);
    return inode ? fd_open(inode, flags & (O_NONBLOCK | O_CLOEXEC)) : -ENOMEM;
}
