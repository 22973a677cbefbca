/* What a pair costs: timed by a task of its own, since the caller holds locks, and the order of a further one
 * is checked then. */
#include "sync/lock_cost.h"
#include "lib/format.h"
#include "sync/mutex.h"
#include "sync/rwsem.h"
#include "sync/spinlock.h"

#define TIMES 64u

static struct {
    struct mutex in_use; /* one report at a time */
    struct spinlock spin;
    struct mutex mutex;
    struct rwsem rwsem;
} subject;

static void nothing(void) {}
static void spin_pair(void)
{
    spin_lock(&subject.spin);
    spin_unlock(&subject.spin);
}
static void spin_irq_pair(void)
{
    irqflags_t flags = spin_lock_irq_save(&subject.spin);
    spin_unlock_irq_restore(&subject.spin, flags);
}
static void mutex_pair(void)
{
    mutex_lock(&subject.mutex);
    mutex_unlock(&subject.mutex);
}
static void read_pair(void)
{
    rwsem_read_lock(&subject.rwsem);
    rwsem_read_unlock(&subject.rwsem);
}
static void write_pair(void)
{
    rwsem_write_lock(&subject.rwsem);
    rwsem_write_unlock(&subject.rwsem);
}

static struct {
    const char *name;
    void (*pair)(void);
    u32 cycles;
} kinds[] = {
    {"nothing", nothing, 0},
    {"spinlock, pair", spin_pair, 0},
    {"spinlock with interrupts off, pair", spin_irq_pair, 0},
    {"mutex, pair", mutex_pair, 0},
    {"rwsem read, pair", read_pair, 0},
    {"rwsem write, pair", write_pair, 0},
};

static void measure(void *unused)
{
    for (u32 k = 0; k < ARRAY_SIZE(kinds); k++) {
        u32 least = ~0u;
        for (u32 i = 0; i < TIMES; i++) {
            u32 start = (u32)cpu_cycles();
            kinds[k].pair();
            least = MIN(least, (u32)cpu_cycles() - start);
        }
        kinds[k].cycles = least;
    }
}

void lock_cost_init(void)
{
    mutex_init(&subject.in_use, "lock_cost", NONE);
    spinlock_init(&subject.spin, "measured spinlock", NONE);
    mutex_init(&subject.mutex, "measured mutex", NONE);
    rwsem_init(&subject.rwsem, "measured rwsem", NONE);
}

bool lock_cost_report(void (*line)(void *ctx, const char *text), void *ctx)
{
    char text[80];

    mutex_lock(&subject.in_use);
    struct task *task = task_create_kernel("lock_cost", measure, NULL);
    if (task != NULL) {
        task_start(task);
        task_join(task);
        task_put(task);
        for (u32 k = 1; k < ARRAY_SIZE(kinds); k++) { /* without the two readings and the call */
            fmt_snprintf(text, sizeof text, "%s\t%u", kinds[k].name, kinds[k].cycles - kinds[0].cycles);
            line(ctx, text);
        }
    }
    mutex_unlock(&subject.in_use);
    return task != NULL;
}
