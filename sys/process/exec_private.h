/* Between the exec files only. */
#pragma once
#include "sys/process/elf.h"
#include "sys/process/exec.h"

#define STACK_TOP     0xBFFFF000u
#define STACK_INITIAL 0x00022000u /* 136 KiB, as Linux starts; it grows on demand */

struct exec_request {
    const char *path;
    struct strings *args, *env;
    const char **why;
    char *interpreter; /* kmalloc'ed path of a script's interpreter; `path` may point to it */
};
struct mm;
/* Maps the segments and a stack into a fresh space. 0 or -errno. */
int exec_map_image(struct mm *mm, struct inode *inode, const struct elf_image *image);
/* The bytes between a segment's file part and the page's end belong to its zeroed part. In the new space. 0
 * or -EFAULT. */
int exec_clear_tails(const struct elf_image *image);
/* Lays out arguments, environment and auxiliary vector; *sp is where the program starts. 0 or -EFAULT. In the
 * new space. */
int exec_build_stack(const struct elf_image *image, const struct exec_request *request, u32 *sp);
/* "#!": makes the interpreter the program and puts its words before the arguments. *script says whether it
 * was one. */
int exec_try_script(struct inode *inode, struct exec_request *request, bool *script);
/* Adds n bytes to the last string; `ended` closes it. */
int strings_append(struct strings *s, const char *text, u32 n, bool ended);
/* All other threads of the process leave. -EINTR when a signal ends the process first; nothing has changed
 * then. */
int exec_become_single(struct process *process);
