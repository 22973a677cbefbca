/*
 * The first program, and the task that waits for its end. That task is the kernel's own parent of all
 * orphans; it also hears Ctrl-C, which comes in interrupt context where the family tree cannot be locked.
 */
#include "sys/process/first_program.h"
#include "arch/console.h"
#include "arch/context.h"
#include "arch/trap.h"
#include "diag/assert.h"
#include "diag/bootwords.h"
#include "diag/panic.h"
#include "diag/printk.h"
#include "fs/dir.h"
#include "fs/path.h"
#include "fs/pipe.h"
#include "fs/tmpfs.h"
#include "fs/tty.h"
#include "lib/string.h"
#include "mm/fault/oom.h"
#include "sys/file/epoll.h"
#include "sys/file/fd_table.h"
#include "sys/futex/futex.h"
#include "sys/memory/oom.h"
#include "sys/proc/files.h"
#include "sys/process/exec.h"
#include "sys/process/process.h"
#include "sys/signal/watch.h"
#include "sys/sys.h"
#include "sys/syscall.h"
#include "sys/time/itimer.h"
#include "sys/trap.h"

static char run_word[WORD_TEXT_MAX], args_word[WORD_TEXT_MAX], env_word[WORD_TEXT_MAX];
BOOT_TEXT(run, "program to run instead of /init; the machine ends with it", run_word);
BOOT_TEXT(args, "its arguments, separated by commas; %XX is any byte: %20 a space, %2C a comma", args_word);
BOOT_TEXT(env, "its environment, in the same spelling", env_word);

static u32 interrupts_typed; /* raised in interrupt context, lowered by the root task */
static u32 interrupts_done;

static void on_typed_interrupt(void)
{
    WRITE_ONCE(interrupts_typed, interrupts_typed + 1);
    wake_all(&process_root->child_wait);
}

static void send_to_self(int signal)
{
    const struct siginfo info = {.signal = signal, .code = SI_USER, .field = {(u32)process_current()->pid}};
    signal_send_thread(thread_current(), &info);
}
static void on_broken_pipe(void)
{
    send_to_self(SIGPIPE);
}
static void on_file_limit(void)
{
    send_to_self(SIGXFSZ);
}

void sys_init(void)
{
    fault_signal_hook = fault_to_signal;
    oom_victim_hook = oom_choose_and_kill;
    pipe_broken_hook = on_broken_pipe;
    tmpfs_limit_hook = on_file_limit;
    tty_interrupt_hook = on_typed_interrupt;
    syscall_check_locks();
    futex_init();
    cpu_timer_init();
    epoll_init();
    signal_watch_init();
    process_init();
    tty_init();
    if (proc_init())
        panic("no memory for /proc");
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Decodes a boot word into strings: a comma ends one, %XX is any byte, so %20 a space and %2C a comma. An
 * empty word gives no string. 0, -E2BIG or -ENOMEM. */
static int decode_words(struct strings *list, const char *word)
{
    char text[WORD_TEXT_MAX];
    u32 n = 0;
    int error = 0;
    for (const char *p = word; !error && *word;
         p++) { /* runs once more at the NUL, which ends the last string */
        bool escaped = p[0] == '%' && hex_digit(p[1]) >= 0 && hex_digit(p[2]) >= 0;
        char c = escaped ? (char)(hex_digit(p[1]) << 4 | hex_digit(p[2])) : *p;
        bool ends = !*p || (!escaped && c == ',');
        if (ends)
            error = strings_add(list, text, n);
        else
            text[n++] = c;
        n = ends ? 0 : n;
        if (!*p)
            break;
        p += escaped ? 2 : 0;
    }
    return error;
}

static int open_console(void)
{
    int error;
    struct inode *console = path_inode(fs_root, "/dev/console", PATH_FOLLOW, &error);
    struct file *file = console ? file_open(console, O_RDWR, &error) : NULL;
    inode_put(console);
    for (int fd = 0; file && fd < 3 && !error; fd++) {
        if (fd > 0)
            file_get(file);
        error = MIN(fd_install(file, 0, false), 0);
    }
    return error;
}

static const char *program_path(void)
{
    int error;
    if (run_word[0])
        return run_word;
    struct inode *init = path_inode(fs_root, "/init", PATH_FOLLOW, &error);
    if (!init && error == -ENOENT)
        return "/bin/sh";
    inode_put(init);
    return "/init"; /* what else is wrong with it is said when it is loaded */
}

static int add_default_env(struct strings *env)
{
    static const char *const defaults[] = {"HOME=/", "PATH=/bin:/sbin:/usr/bin:/usr/sbin", "TERM=linux"};
    int error = 0;
    for (u32 i = 0; i < ARRAY_SIZE(defaults) && !error; i++)
        error = strings_add(env, defaults[i], (u32)strlen(defaults[i]));
    return error;
}

/* The first thread's way to user mode starts here, called from user_return_work(): its frame has no program
 * yet. */
void first_program_enter(void)
{
    struct strings args = {0}, env = {0};
    const char *path = program_path(), *why = NULL;
    int error = open_console();
    if (!error)
        error = strings_add(&args, path, (u32)strlen(path));
    if (!error)
        error = decode_words(&args, args_word);
    if (!error)
        error = add_default_env(&env);
    if (!error)
        error = decode_words(&env, env_word);
    if (!error)
        error = exec_load(fs_root, path, &args, &env, &why);
    strings_free(&args);
    strings_free(&env);
    if (!error)
        return;
    printk_set_quiet(false); /* the one sentence that the person must see */
    if (why)
        printk("%s cannot be run: it %s.\n", path, why);
    else
        printk("%s cannot be run: %s.\n", path, errno_text(error));
    process_exit((error == -ENOENT ? 127u : 126u) << 8);
}

static struct thread *create_first(void)
{
    struct actions *actions = actions_create(NULL);
    struct trap_frame frame;
    mutex_lock(&process_lock);
    struct process *process =
        actions ? process_create(process_root, run_word[0] ? pid_alloc() : 1, actions) : NULL;
    struct thread *thread = process ? thread_create(process, "first", process->pid) : NULL;
    if (!thread)
        panic("no memory for the first program");
    process->is_first = true;
    process->group = process->session = process->pid;
    thread->files = fd_table_create();
    thread->fs = fs_context_create(fs_root, 022);
    if (!thread->files || !thread->fs)
        panic("no memory for the first program");
    frame_start_user(&frame, 0, 0);
    context_init_user(thread->task, &frame);
    thread->enter_first = true;
    atomic_bit_set(&thread->task->flags, TASKF_WORK);
    thread_link(thread);
    mutex_unlock(&process_lock);
    WRITE_ONCE(tty_foreground_group, process->pid);
    return thread;
}

static void interrupt_member(struct process *process, void *unused)
{
    const struct siginfo info = {.signal = SIGINT, .code = SI_KERNEL};
    if (process->group == READ_ONCE(tty_foreground_group) && !process->zombie)
        signal_send_process(process, &info);
}

static bool something_happened(struct process *first)
{
    return READ_ONCE(first->zombie) || READ_ONCE(interrupts_typed) != interrupts_done;
}

static noreturn void finish(u32 code)
{
    u32 signal = code & 0x7f, status = signal ? 128 + signal : code >> 8 & 0xff;
    if (signal)
        printk("The program was killed by %s.\n", signal_name((int)signal));
    syscall_record_unknown();
    control_record("exit %u", status);
    machine_exit(status != 0);
}

void sys_run_first_program(void)
{
    if (run_word[0])
        printk_set_quiet(true);
    struct thread *thread = create_first();
    struct process *first = thread->process; /* stays: only this task frees it, by ending the machine */
    task_start(thread->task);
    for (;;) {
        /* As one who waits for a person: a program may well run for hours, and that is no hung task. */
        (void)wait_event_interruptible(&process_root->child_wait, something_happened(first));
        mutex_lock(&process_lock);
        if (first->zombie)
            finish(first->exit_code);
        interrupts_done = READ_ONCE(interrupts_typed);
        process_for_each(interrupt_member, NULL);
        mutex_unlock(&process_lock);
    }
}
