/* See lines.h. The functions that gcc's instrumentation calls, and the table behind them. */
#include "tests/host/lines/lines.h"
#include "arch/sim/machine.h"
#include <stdbool.h>
#include <string.h>

#define SLOTS     (1u << 16) /* of the table; far more than the lines that one measurement meets */
#define WRITES_OP 4096u      /* lines that one operation may write */

struct line {
    u32 number; /* address / LINE_BYTES; 0: free */
    u8 readers, writers;
    u64 op_writes;
};
static struct line table[SLOTS];
static struct {
    u32 n, line[WRITES_OP];
} written[SIM_CPUS_MAX]; /* by the operation under way on each CPU */
static u32 operations;
static bool noting[SIM_CPUS_MAX];

static struct line *find(u32 number)
{
    u32 i = (number * 2654435761u) >> 16;

    while (table[i].number && table[i].number != number)
        i = (i + 1) % SLOTS;
    table[i].number = number;
    return &table[i];
}

/* Its own stack and the machine's own records are nobody else's business. */
static bool is_private(u32 address, u32 frame)
{
    bool stack = address - (frame & ~0x3FFFFu) < 0x40000u; /* a fiber's stack (arch/sim/fiber.c) */
    bool machine = address - (u32)(uintptr_t)sim_locals < sizeof sim_locals ||
                   address - (u32)(uintptr_t)sim_irqs_on < MAX_CPUS; /* registers of a real processor */
    return stack || machine;
}

static void note(const volatile void *p, bool is_write)
{
    u32 address = (u32)(uintptr_t)p, cpu = cpu_id();

    /* What an interrupt does in the middle is not the operation's. */
    if (!noting[cpu] || in_interrupt() || is_private(address, (u32)(uintptr_t)__builtin_frame_address(0)))
        return;
    struct line *line = find(address / LINE_BYTES);
    if (!is_write) {
        line->readers |= (u8)(1u << cpu);
        return;
    }
    line->writers |= (u8)(1u << cpu);
    for (u32 i = 0; i < written[cpu].n; i++)
        if (written[cpu].line[i] == line->number)
            return;
    if (written[cpu].n < WRITES_OP)
        written[cpu].line[written[cpu].n++] = line->number;
}

void lines_operation_begin(void)
{
    noting[cpu_id()] = true;
}

void lines_operation_done(void)
{
    u32 cpu = cpu_id();

    noting[cpu] = false;
    for (u32 i = 0; i < written[cpu].n; i++)
        find(written[cpu].line[i])->op_writes++;
    written[cpu].n = 0;
    operations++;
}

static bool is_shared(const struct line *line)
{
    u32 cpus = line->readers | line->writers;
    return (cpus & (cpus - 1)) != 0;
}

void lines_sum(struct lines_sum *sum)
{
    *sum = (struct lines_sum){.operations = operations};
    for (u32 i = 0; i < SLOTS; i++) {
        sum->written += table[i].op_writes;
        sum->shared += is_shared(&table[i]) ? table[i].op_writes : 0;
    }
}

void lines_shared(void (*line)(u32 address, u64 writes))
{
    for (u32 i = 0; i < SLOTS; i++)
        if (table[i].op_writes && is_shared(&table[i]))
            line(table[i].number * LINE_BYTES, table[i].op_writes);
}

void lines_forget(void)
{
    memset(table, 0, sizeof table);
    memset(written, 0, sizeof written);
    operations = 0;
}

/* Where it stands in the source, and whether the source marked it, makes no difference to a cache. */
static void hook_access(const volatile void *p, size_t n, bool writes, bool marked, u32 ip)
{
    for (size_t i = 0; i < n; i += LINE_BYTES)
        note((const volatile char *)p + i, writes);
}
#include "diag/access_hooks.h"
