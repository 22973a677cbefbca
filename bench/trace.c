/* What a recorded event costs: an operation with its trace points on, less the same with all off, by event.
 */
#include "bench.h"
#include <fcntl.h>

static int control = -1;
static volatile char *memory;
static unsigned events;

static void trace(const char *what)
{
    need(write(control, what, strlen(what)) == (ssize_t)strlen(what));
}

/* How many events this machine's one CPU has written. */
static unsigned written(void)
{
    static char text[8192];
    unsigned n = 0;

    int fd = open("/proc/trace", O_RDONLY); /* its text is made at the open */
    ssize_t length = read(fd, text, sizeof text - 1);
    need(length > 0 && close(fd) == 0);
    text[length] = 0;
    const char *line = strstr(text, "cpu0 written ");
    need(line && sscanf(line, "cpu0 written %u", &n) == 1);
    return n;
}

static void open_control(void)
{
    control = open("/proc/trace", O_WRONLY);
    need(control >= 0);
    trace("off");
    written(); /* its pages are there: the next ones write no fault into the trace */
}

static uint64_t system_call(unsigned i)
{
    (void)i;
    trace("off");
    uint64_t off = COUNT(getppid());
    trace("raw_syscalls:*");
    uint64_t on = COUNT(getppid());
    trace("off");
    return (on - off + 1) / 2;
}

static uint64_t touch(void)
{
    static unsigned next;
    volatile char *page = memory + PAGE * next++;
    return COUNT(*page = 1);
}

static void prepare_faults(void)
{
    open_control();
    memory = fresh(1024 * PAGE);
    memory[0] = 1; /* the page table */
    touch();
    trace("fault_phase,page_fault_user");
    unsigned before = written();
    need(written() == before);
    touch();
    events = written() - before;
    trace("off");
    need(events >= 5);
}

static uint64_t fault(unsigned i)
{
    (void)i;
    uint64_t off = touch();
    trace("fault_phase,page_fault_user");
    uint64_t on = touch();
    trace("off");
    return (on - off + events / 2) / events;
}

BENCH_ROWS({"trace event, of a system call", open_control, system_call, 0},
           {"trace event, of a fault", prepare_faults, fault, 0})
