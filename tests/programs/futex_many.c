/*
 * futex_waitv(2): one wait for several futexes, private and shared.
 *
 * @libc glibc
 * @output all checks passed
 */
#include "checks.h"
#include <linux/futex.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#define NR_FUTEX_WAITV 449
#define MANY           128

/* The kernel's structures, which the C library's headers may be too old for. */
struct waiter {
    uint64_t value, address;
    uint32_t flags, reserved;
};
struct moment {
    int64_t seconds, ns;
};
static uint32_t *words; /* shared between the processes */

static long wait_many(const struct waiter *w, unsigned count, unsigned flags, const struct moment *until,
                      int clock)
{
    return syscall(NR_FUTEX_WAITV, w, count, flags, until, clock);
}
static long futex(void *word, int op, int value, long count, void *other)
{
    return syscall(SYS_futex, word, op, value, count, other, 0);
}

static void prepare(struct waiter *w, unsigned count, uint32_t flags)
{
    for (unsigned i = 0; i < count; i++)
        w[i] = (struct waiter){words[i], (uintptr_t)&words[i], 2 | flags, 0};
}

static void check_refused(void)
{
    struct waiter w[MANY + 1];
    const struct moment bad = {0, 1000000000}, past = {0, 1};
    prepare(w, MANY + 1, 0);
    check(wait_many(w, 0, 0, &past, 1) == -1 && errno == EINVAL);
    check(wait_many(w, MANY + 1, 0, &past, 1) == -1 && errno == EINVAL);
    check(wait_many(w, 1, 1, &past, 1) == -1 && errno == EINVAL);
    check(wait_many(NULL, 1, 0, &past, 1) == -1 && errno == EINVAL);
    check(wait_many((void *)4, 1, 0, &past, 1) == -1 && errno == EFAULT);
    check(wait_many(w, 1, 0, &past, 2) == -1 && errno == EINVAL);
    check(wait_many(w, 1, 0, &bad, 1) == -1 && errno == EINVAL);
    w[1].reserved = 1;
    check(wait_many(w, 2, 0, &past, 1) == -1 && errno == EINVAL);
    prepare(w, 2, 0);
    w[1].flags = 128;
    check(wait_many(w, 2, 0, &past, 1) == -1 && errno == EINVAL);
    prepare(w, 2, 0);
    w[1].address++;
    check(wait_many(w, 2, 0, &past, 1) == -1 && errno == EINVAL);
    w[1].address = 0;
    check(wait_many(w, 2, 0, &past, 1) == -1 && errno == EFAULT);
}

static void check_no_wait(void)
{
    struct waiter w[MANY];
    const struct moment past = {0, 1};
    prepare(w, MANY, FUTEX_PRIVATE_FLAG);
    w[MANY - 1].value++;
    check(wait_many(w, MANY, 0, NULL, 0) == -1 && errno == EAGAIN);
    w[MANY - 1].value--;
    check(wait_many(w, MANY, 0, &past, 0) == -1 && errno == ETIMEDOUT);
    check(wait_many(w, MANY, 0, &past, 1) == -1 && errno == ETIMEDOUT);
    check(futex(&words[3], FUTEX_WAKE_PRIVATE, 9, 0, NULL) == 0); /* nobody was left behind */
}

/* A process that waits for all; it leaves with the number of the one that woke it. */
static pid_t start_waiter(void)
{
    struct waiter w[MANY];
    prepare(w, MANY, 0);
    pid_t pid = fork();
    if (pid == 0) {
        long woken = wait_many(w, MANY, 0, NULL, 0);
        _exit(woken < 0 ? 255 : (int)woken);
    }
    await_asleep(pid);
    return pid;
}

static void check_woken(void)
{
    pid_t pid = start_waiter();
    check(futex(&words[77], FUTEX_WAKE, 1, 0, NULL) == 1);
    check(child_status(pid) == 77 << 8);
    check(futex(&words[77], FUTEX_WAKE, 1, 0, NULL) == 0 && futex(&words[78], FUTEX_WAKE, 1, 0, NULL) == 0);

    pid = start_waiter(); /* moved to another word, it is still the one it was */
    check(futex(&words[5], FUTEX_REQUEUE, 0, 1, &words[MANY]) >= 0);
    check(futex(&words[5], FUTEX_WAKE, 1, 0, NULL) == 0 && futex(&words[MANY], FUTEX_WAKE, 1, 0, NULL) == 1);
    check(child_status(pid) == 5 << 8);

    pid = start_waiter(); /* a stop does not end the wait */
    kill(pid, SIGSTOP);
    int status;
    check(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
    kill(pid, SIGCONT);
    await_asleep(pid);
    check(futex(&words[0], FUTEX_WAKE, 1, 0, NULL) == 1);
    check(child_status(pid) == 0);

    pid = start_waiter(); /* killed, it leaves every queue */
    kill(pid, SIGKILL);
    check(child_status(pid) == SIGKILL);
    for (int i = 0; i < MANY; i++)
        check(futex(&words[i], FUTEX_WAKE, 1, 0, NULL) == 0);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    check(words != MAP_FAILED);
    check_refused();
    check_no_wait();
    check_woken();
    return finish();
}
