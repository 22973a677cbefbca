/*
 * A program's first stack, as the System V ABI (i386 supplement, "Process Initialization") and Linux have it:
 *
 *   sp ->  argc | argv... 0 | envp... 0 | auxv... AT_NULL | (padding) | random bytes, platform, strings
 */
#include "arch/user.h"
#include "diag/assert.h"
#include "fs/devices.h"
#include "lib/string.h"
#include "mm/kernel/kvalloc.h"
#include "sys/process/exec_private.h"
#include "sys/process/process.h"

/* getauxval(3); linux/auxvec.h. */
enum {
    AT_NULL,
    AT_PHDR = 3,
    AT_PHENT,
    AT_PHNUM,
    AT_PAGESZ,
    AT_BASE,
    AT_FLAGS,
    AT_ENTRY,
    AT_UID = 11,
    AT_EUID,
    AT_GID,
    AT_EGID,
    AT_PLATFORM,
    AT_CLKTCK = 17,
    AT_SECURE = 23,
    AT_RANDOM = 25,
    AT_EXECFN = 31,
};
static const char platform[] = "i686";

struct tail {
    u32 path, env, args, random, platform; /* addresses */
};

/* Strings go to the very top, the first argument lowest, as /proc/PID/cmdline expects. */
static int write_strings(const struct exec_request *r, struct tail *t)
{
    u8 random[16];
    u32 path = (u32)strlen(r->path) + 1;
    t->path = STACK_TOP - 4 - path;
    t->env = t->path - r->env->used;
    t->args = t->env - r->args->used;
    t->platform = t->args - sizeof(platform);
    t->random = t->platform - sizeof(random);
    random_fill(random, sizeof(random));
    struct mm *mm = current->mm;
    mm->arg_start = t->args;
    mm->arg_end = mm->env_start = t->env;
    mm->env_end = t->path;
    return clear_user(STACK_TOP - 4, 4) || copy_to_user(t->path, r->path, path) ||
                   (r->env->used && copy_to_user(t->env, r->env->bytes, r->env->used)) ||
                   (r->args->used && copy_to_user(t->args, r->args->bytes, r->args->used)) ||
                   copy_to_user(t->platform, platform, sizeof(platform)) ||
                   copy_to_user(t->random, random, sizeof(random))
               ? -EFAULT
               : 0;
}

static u32 *add_pointers(u32 *p, const struct strings *s, u32 at)
{
    const char *text = s->bytes;
    for (u32 i = 0; i < s->count; i++) {
        u32 n = (u32)strlen(text) + 1;
        *p++ = at;
        at += n;
        text += n;
    }
    *p++ = 0;
    return p;
}

static u32 *add_aux(u32 *p, u32 type, u32 value)
{
    *p++ = type;
    *p++ = value;
    return p;
}

static u32 *add_auxv(u32 *p, const struct elf_image *image, const struct tail *t)
{
    const struct process *process = process_current();
    p = add_aux(p, AT_PHDR, image->table_at);
    p = add_aux(p, AT_PHENT, ELF_SEGMENT_BYTES);
    p = add_aux(p, AT_PHNUM, image->table_count);
    p = add_aux(p, AT_PAGESZ, PAGE_SIZE);
    p = add_aux(p, AT_BASE, 0);
    p = add_aux(p, AT_FLAGS, 0);
    p = add_aux(p, AT_ENTRY, image->entry);
    p = add_aux(p, AT_UID, process->uid[0]);
    p = add_aux(p, AT_EUID, process->uid[1]);
    p = add_aux(p, AT_GID, process->gid[0]);
    p = add_aux(p, AT_EGID, process->gid[1]);
    p = add_aux(p, AT_PLATFORM, t->platform);
    p = add_aux(p, AT_CLKTCK, 100);
    p = add_aux(p, AT_SECURE, 0);
    p = add_aux(p, AT_RANDOM, t->random);
    p = add_aux(p, AT_EXECFN, t->path);
    return add_aux(p, AT_NULL, 0);
}

int exec_build_stack(const struct elf_image *image, const struct exec_request *r, u32 *sp)
{
    struct tail t;
    int error = write_strings(r, &t);
    u32 room = 4 * (3 + r->args->count + r->env->count + 2 * 20);
    u32 *words = error ? NULL : kvalloc(room, "exec stack", 0);
    if (!words)
        return error ? error : -ENOMEM;
    u32 *p = words;
    *p++ = r->args->count;
    p = add_pointers(p, r->args, t.args);
    p = add_pointers(p, r->env, t.env);
    p = add_auxv(p, image, &t);
    u32 bytes = (u32)((char *)p - (char *)words);
    assert(bytes <= room);
    *sp = ALIGN_DOWN(t.random - bytes, 16u);
    error = copy_to_user(*sp, words, bytes);
    kvfree(words);
    return error;
}
