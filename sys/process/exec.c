/*
 * exec. Everything that can be refused is done on a fresh address space beside the running one; then the
 * other threads are made to leave, the spaces are exchanged, and what is left (the stack's contents) can only
 * fail fatally.
 */
#include "sys/process/exec.h"
#include "arch/trap.h"
#include "arch/user.h"
#include "diag/assert.h"
#include "diag/counters.h"
#include "diag/printk.h"
#include "diag/trace.h"
#include "fs/page_io.h"
#include "fs/path.h"
#include "lib/string.h"
#include "mm/kernel/slab.h"
#include "sys/file/fd_table.h"
#include "sys/file/user_path.h"
#include "sys/process/elf.h"
#include "sys/process/exec_private.h"
#include "sys/process/process.h"
#include "sys/signal/private.h"
#include "sys/syscalls.h"

#define SCRIPTS_MOST 4 /* interpreters that are scripts themselves, one after the other: execve(2) */

static int parse_image(struct inode *inode, struct elf_image *image, const char **why)
{
    struct elf_header header;
    u8 head[ELF_HEADER_BYTES];
    s32 n = inode_read_kernel(inode, head, sizeof(head), 0);
    if (n < 0)
        return n;
    int error = elf_parse_header(head, (u32)n, inode->size, &header, why);
    if (error)
        return error;
    u32 bytes = header.table_count * ELF_SEGMENT_BYTES;
    u8 *table = kmalloc(bytes, GFP_KERNEL);
    if (!table)
        return -ENOMEM;
    n = inode_read_kernel(inode, table, bytes, header.table_offset);
    error = n < 0            ? n
            : (u32)n < bytes ? -ENOEXEC
                             : elf_parse_segments(table, &header, inode->size, USER_END, image, why);
    kfree(table);
    return error;
}

/* A handler of the old program means nothing to the new one. Shared actions are replaced, not changed. */
static int fresh_actions(struct process *process)
{
    struct actions *old = process->actions, *fresh = actions_create(old);
    if (!fresh)
        return -ENOMEM;
    actions_reset(fresh);
    irqflags_t flags = spin_lock_irq_save(&process->signal_lock);
    process->actions = fresh; /* senders read the pointer under this lock */
    spin_unlock_irq_restore(&process->signal_lock, flags);
    actions_put(old);
    return 0;
}

static int private_files(struct thread *thread)
{
    struct fd_table *files = fd_table_copy(thread->files);
    if (!files)
        return -ENOMEM;
    fd_table_put(thread->files);
    thread->files = files;
    fd_table_close_on_exec(files);
    return 0;
}

static void set_identity(struct process *process, struct inode *inode, const char *path)
{
    const char *slash = strrchr(path, '/');
    string_copy(current->comm, slash ? slash + 1 : path, sizeof(current->comm));
    trace_task_renamed(current->pid);
    inode_get(inode);
    mutex_lock(&process_lock);
    struct inode *former = process->exe;
    process->exe = inode;
    process->has_execed = true;
    process->exit_signal = SIGCHLD; /* whatever clone asked for */
    mutex_unlock(&process_lock);
    inode_put(former);
}

/* The exchange. From here on an error is the end of the process. */
static int enter_image(struct mm *mm, struct inode *inode, const struct elf_image *image,
                       struct exec_request *r)
{
    struct thread *thread = thread_current();
    struct process *process = thread->process;
    u32 sp = 0;
    if (current->mm)
        thread_release_memory(thread);
    mm_switch_task(mm);
    vfork_gate_open(thread);
    context_reset_user();
    thread->alt_sp = thread->alt_size = 0;
    thread->robust_list = 0;
    set_identity(process, inode, r->path);
    int error = fresh_actions(process);
    if (!error)
        error = private_files(thread);
    if (!error)
        error = exec_clear_tails(image);
    if (!error)
        error = exec_build_stack(image, r, &sp);
    if (!error)
        frame_start_user(context_user_frame(current), image->entry, sp);
    return error;
}

static int load_elf(struct inode *inode, struct exec_request *r)
{
    struct elf_image image;
    int error = parse_image(inode, &image, r->why);
    if (error)
        return error;
    struct mm *mm = mm_create();
    if (mm)
        mm_set_exe(mm, &inode->mapping); /* from here on nobody opens it to write */
    error = !mm ? -ENOMEM : inode_is_written(inode) ? -ETXTBSY : exec_map_image(mm, inode, &image);
    if (!error)
        error = exec_become_single(process_current());
    if (error) {
        if (mm)
            mm_put_user(mm);
        return error;
    }
    count_event(exec);
    error = enter_image(mm, inode, &image, r);
    if (error && !task_is_killed(current))
        printk("process %d (%s) ends before its first instruction: %s\n", current->pid, current->comm,
               errno_text(error));
    if (error)
        process_exit(SIGSEGV);
    return 0;
}

static int check_executable(struct inode *inode, const char **why)
{
    if (inode_is_dir(inode) || inode_type(inode) != S_IFREG) {
        *why = "is not a regular file";
        return -EACCES;
    }
    if (!(inode->mode & 0111)) {
        *why = "has no execute permission";
        return -EACCES;
    }
    if (inode_is_written(inode)) {
        *why = "is open for writing";
        return -ETXTBSY;
    }
    return 0;
}

int exec_load(struct inode *base, const char *path, struct strings *args, struct strings *env,
              const char **why)
{
    const char *unused;
    struct exec_request r = {.path = path, .args = args, .env = env, .why = why ? why : &unused};
    int error;
    *r.why = NULL;
    for (unsigned depth = 0;; depth++) {
        struct inode *inode = path_inode(base, r.path, PATH_FOLLOW, &error);
        if (!inode) {
            if (error == -ENOENT)
                *r.why = depth ? "is a script whose interpreter does not exist" : "does not exist";
            break;
        }
        error = check_executable(inode, r.why);
        bool script = false;
        if (!error)
            error = exec_try_script(inode, &r, &script);
        if (!error && script && depth == SCRIPTS_MOST) {
            *r.why = "is a script whose interpreter is a script, and so on without end";
            error = -ELOOP;
        }
        if (!error && !script)
            error = load_elf(inode, &r);
        inode_put(inode);
        if (error || !script)
            break;
    }
    kfree(r.interpreter);
    return error;
}

/* The user's NULL-terminated array of string pointers. */
static int strings_from_user(struct strings *s, vaddr_t array)
{
    char *text = kmalloc(PATH_MAX, GFP_KERNEL);
    int error = text ? 0 : -ENOMEM;
    for (; array && !error; array += 4) {
        u32 at;
        error = user_load_u32(array, &at);
        if (error || !at)
            break;
        for (u32 length = 0;; length += PATH_MAX) { /* it may be longer than the buffer: in pieces */
            int n = copy_string_from_user(text, at, PATH_MAX);
            bool ended = n >= 0;
            if (n == -ENAMETOOLONG)
                n = PATH_MAX;
            bool fits = n < 0 || length + (u32)n < EXEC_STRING_MAX;
            error = n < 0 ? n : fits ? strings_append(s, text, (u32)n, ended) : -E2BIG;
            if (error || ended)
                break;
            at += PATH_MAX;
        }
    }
    kfree(text);
    return error;
}

s32 sys_execve(vaddr_t path_at, vaddr_t argv, vaddr_t envp)
{
    struct strings args = {0}, env = {0};
    int error;
    char *path = path_from_user(path_at, &error);
    if (!path)
        return error;
    error = strings_from_user(&args, argv);
    if (!error)
        error = strings_from_user(&env, envp);
    if (!error && args.count == 0) /* Linux 5.18: there is always an argv[0] */
        error = strings_add(&args, "", 0);
    struct inode *cwd = fs_context_cwd(thread_current()->fs);
    if (!error)
        error = exec_load(cwd, path, &args, &env, NULL);
    inode_put(cwd);
    strings_free(&args);
    strings_free(&env);
    kfree(path);
    return error; /* 0 goes into EAX of the fresh frame, where a program finds 0 */
}
