/*
 * /proc/trace: events on and off by pattern, what it says about itself, what it refuses.
 *
 * @files tests/programs/expect.h
 * @libc glibc musl
 * @output trace control: all as expected
 */
#include "expect.h"
#include <fcntl.h>
#include <unistd.h>

static char text[8192];
static int control;
#define holds(cond) expect(cond, "/proc/trace says: %.60s", text)

static int say(const char *what)
{
    return write(control, what, strlen(what)) == (ssize_t)strlen(what) ? 0 : errno;
}

static const char *state(void)
{
    int fd = open("/proc/trace", O_RDONLY); /* its text is made at the open */
    ssize_t n = read(fd, text, sizeof text - 1);
    text[n > 0 ? n : 0] = 0;
    close(fd);
    return text;
}

/* Over all CPUs. */
static unsigned written(void)
{
    unsigned sum = 0, n;
    for (const char *at = state(); (at = strstr(at, " written ")) != NULL; at++)
        if (sscanf(at, " written %u", &n) == 1)
            sum += n;
    return sum;
}

static void choose_events(void)
{
    holds(say("raw_syscalls:*,sched_switch\n") == 0);
    holds(strstr(state(), "on  raw_syscalls:sys_enter\n") && strstr(text, "on  sched:sched_switch\n"));
    holds(strstr(text, "off lock:lock_acquire\n") != NULL);
    holds(say("+lock_acquire") == 0 && say("-sched_*") == 0);
    holds(strstr(state(), "on  lock:lock_acquire\n") && strstr(text, "off sched:sched_switch\n"));
    holds(strstr(text, "on  raw_syscalls:sys_exit\n") != NULL);
}

static void refuse_nonsense(void)
{
    static char before[sizeof text];
    strcpy(before, state());
    holds(say("no_such_event") == EINVAL);
    holds(say("sched_switch,no_such_event") == EINVAL && say("+no_such_event") == EINVAL);
    *strstr(before, "cpu0") = 0; /* the counts go on */
    holds(strncmp(state(), before, strlen(before)) == 0);
}

static void count_events(void)
{
    holds(say("raw_syscalls:*") == 0);
    unsigned before = written();
    for (int i = 0; i < 100; i++)
        getppid();
    holds(written() - before >= 200);
    holds(say("off") == 0);
    before = written();
    for (int i = 0; i < 100; i++)
        getppid();
    holds(written() == before);
}

static void change_mode(void)
{
    holds(strncmp(state(), "mode overwrite\n", 15) == 0);
    holds(say("stop") == 0 && strncmp(state(), "mode stop\n", 10) == 0);
    holds(say("overwrite") == 0 && strncmp(state(), "mode overwrite\n", 15) == 0);
}

int main(void)
{
    control = open("/proc/trace", O_WRONLY);
    holds(control >= 0);
    choose_events();
    refuse_nonsense();
    count_events();
    change_mode();
    puts("trace control: all as expected");
    return 0;
}
