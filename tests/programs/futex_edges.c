/*
 * futex(2) at its edges: wrong operations, owners that die between unlock and wake, waits that a stop
 * interrupts.
 *
 * @libc glibc
 * @output all checks passed
 */
#include "checks.h"
#include <linux/futex.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>

struct shared {
    uint32_t word, other;
    struct {
        uintptr_t first;
        long offset;
        uintptr_t pending;
    } head;
    uintptr_t entry; /* what head.pending names: its futex is `word` */
};
static struct shared *shared;

static long futex(void *word, int op, int value, const int32_t *time, void *other, int value3)
{
    return syscall(SYS_futex, word, op, value, time, other, value3);
}

static void check_operations(void)
{
    const int32_t soon[2] = {0, 1000};
    uint32_t word = 0, other = 0;
    check(futex(&word, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 0, soon, NULL, 0) == -1 && errno == ENOSYS);
    check(futex(&word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, NULL, NULL, 0) == -1 && errno == ENOSYS);
    check(futex(&word, FUTEX_REQUEUE, -1, (void *)1, &other, 0) == -1 && errno == EINVAL);
    check(futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)-1, &other, 0) == -1 && errno == EINVAL);
    check(futex(&word, FUTEX_WAKE_OP, 1, (void *)1, &other, FUTEX_OP(FUTEX_OP_SET, 4, 9, 0)) == -1 &&
          errno == ENOSYS && other == 4);
    check(futex(&word, FUTEX_WAKE_OP, 1, (void *)1, (char *)&other + 1, 0) == -1 && errno == EINVAL);
    check(futex(&word, FUTEX_WAKE_OP, 1, (void *)1, &other, FUTEX_OP(FUTEX_OP_ADD, 5, 0, 0)) == 0 &&
          other == 9);
}

/* A process that waits on `word` for a very long time; it leaves with 0 when it is woken. */
static pid_t start_waiter(void)
{
    static const int32_t long_time[2] = {100000, 0};
    pid_t pid = fork();
    if (pid == 0)
        _exit(futex(&shared->word, FUTEX_WAIT, 0, long_time, NULL, 0) == 0 ? 0 : errno);
    await_asleep(pid);
    return pid;
}

/* The owner wrote 0 and died before it woke anybody: the kernel, told by `pending`, wakes one. */
static void check_dead_before_wake(void)
{
    memset(shared, 0, sizeof *shared);
    pid_t waiter = start_waiter(), owner = fork();
    if (owner == 0) {
        shared->head.first = (uintptr_t)&shared->head;
        shared->head.offset = (long)offsetof(struct shared, word) - (long)offsetof(struct shared, entry);
        shared->head.pending = (uintptr_t)&shared->entry;
        syscall(SYS_set_robust_list, &shared->head, sizeof shared->head);
        _exit(0);
    }
    check(child_status(owner) == 0);
    check(child_status(waiter) == 0);
}

/* SIGSTOP and SIGCONT have no handler, so the wait goes on: with what is left of its time. */
static void check_stopped_waiter(void)
{
    int status;
    memset(shared, 0, sizeof *shared);
    pid_t waiter = start_waiter();
    for (int i = 0; i < 3; i++) {
        kill(waiter, SIGSTOP);
        check(waitpid(waiter, &status, WUNTRACED) == waiter && WIFSTOPPED(status));
        kill(waiter, SIGCONT);
        check(waitpid(waiter, &status, WCONTINUED) == waiter && WIFCONTINUED(status));
        await_asleep(waiter);
    }
    check(futex(&shared->word, FUTEX_WAKE, 1, NULL, NULL, 0) == 1);
    check(child_status(waiter) == 0);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    check(shared != MAP_FAILED);
    check_operations();
    check_dead_before_wake();
    check_stopped_waiter();
    return finish();
}
