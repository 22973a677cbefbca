/* Error numbers in words: those that a boot can meet. */
#include "lib/errno.h"
#include "lib/compiler.h"

const char *errno_text(int error)
{
    static const char *const texts[] = {
        [EPERM] = "not permitted",
        [ENOENT] = "there is no such file",
        [EIO] = "it cannot be read",
        [E2BIG] = "too many words",
        [ENOEXEC] = "no program that this machine can run",
        [ENOMEM] = "no memory",
        [EACCES] = "not permitted",
        [EFAULT] = "a page of its memory cannot be had",
        [EEXIST] = "there is one already",
        [ENOTDIR] = "a part of the path is no directory",
        [EISDIR] = "it is a directory",
        [EINVAL] = "it is not well formed",
        [EFBIG] = "too large",
        [ENOSPC] = "no room",
        [ENAMETOOLONG] = "the name is too long",
        [ELOOP] = "too many links in the path",
    };
    u32 number = (u32)-error;
    return number < ARRAY_SIZE(texts) && texts[number] ? texts[number] : "an error without a name";
}
