/* Linux i386 error numbers: the results at the system-call edge, negated. Source: errno(3). */
#pragma once
enum {
    EPERM = 1, ENOENT, ESRCH, EINTR, EIO, ENXIO, E2BIG, ENOEXEC, EBADF, ECHILD, EAGAIN, ENOMEM, EACCES, EFAULT,
    ENOTBLK, EBUSY, EEXIST, EXDEV, ENODEV, ENOTDIR, EISDIR, EINVAL, ENFILE, EMFILE, ENOTTY, ETXTBSY, EFBIG, ENOSPC,
    ESPIPE, EROFS, EMLINK, EPIPE, EDOM, ERANGE, EDEADLK, ENAMETOOLONG, ENOLCK, ENOSYS, ENOTEMPTY, ELOOP,
    EOVERFLOW = 75, EOPNOTSUPP = 95, EOWNERDEAD = 130, ETIMEDOUT = 110,
};
/* Inside the kernel only: restart the call after the handler as SA_RESTART says. */
#define ERESTARTSYS 512
