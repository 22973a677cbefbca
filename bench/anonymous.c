/* Faults on anonymous memory, by what the entry was. */
#include "bench.h"

#define PAGES  256u
#define TABLE  (4u << 20) /* what one page table maps */
#define TABLES 32u

static volatile char *memory;

/* PAGES pages inside one page table that exists. */
static void prepare_pages(void)
{
    memory = fresh(2 * TABLE);
    memory = (volatile char *)(((uintptr_t)memory + TABLE - 1) & ~(uintptr_t)(TABLE - 1));
    memory[TABLE - PAGE] = 1;
}

static uint64_t write_fault(unsigned i)
{
    return COUNT(memory[i * PAGE] = 1);
}
static uint64_t read_fault(unsigned i)
{
    return COUNT((void)memory[i * PAGE]);
}

static void prepare_tables(void)
{
    memory = fresh((TABLES + 1) * TABLE);
    memory = (volatile char *)(((uintptr_t)memory + TABLE - 1) & ~(uintptr_t)(TABLE - 1));
}
static uint64_t table_fault(unsigned i)
{
    return COUNT(memory[i * TABLE] = 1);
}

static void prepare_zeroes(void)
{
    prepare_pages();
    for (unsigned i = 0; i < PAGES; i++)
        (void)memory[i * PAGE];
}

/* Written pages, shared with a child that lives as long as `child_lives`. */
static void prepare_shared(int child_lives)
{
    int ends[2];

    prepare_pages();
    for (unsigned i = 0; i < PAGES; i++)
        memory[i * PAGE] = 1;
    need(pipe(ends) == 0);
    pid_t child = fork();
    need(child >= 0);
    if (child == 0) {
        char byte;
        close(ends[1]); /* the reading ends when the parent does */
        _exit(child_lives && read(ends[0], &byte, 1) != 0);
    }
    if (!child_lives)
        need(waitpid(child, NULL, 0) == child);
}
static void prepare_cow_copy(void)
{
    prepare_shared(1);
}
static void prepare_cow_last(void)
{
    prepare_shared(0);
}

static volatile char *stack_floor;
static void prepare_stack(void)
{
    char here;
    stack_floor = (volatile char *)(((uintptr_t)&here & ~(uintptr_t)(PAGE - 1)) - 64 * PAGE);
    *stack_floor = 1;
}
static uint64_t stack_fault(unsigned i)
{
    return COUNT(stack_floor[-(int)((i + 1) * PAGE)] = 1);
}

static void prepare_one(void)
{
    memory = fresh(PAGE);
    memory[0] = 1;
}
static uint64_t dontneed(unsigned i)
{
    (void)i;
    int failed = 0;
    uint64_t n = COUNT(failed = madvise((void *)memory, PAGE, MADV_DONTNEED); memory[0] = 1);
    need(failed == 0);
    return n;
}

BENCH_ROWS({"anonymous write fault", prepare_pages, write_fault, 0},
           {"the same, new page table", prepare_tables, table_fault, TABLES - 1},
           {"anonymous read fault (zero page)", prepare_pages, read_fault, 0},
           {"write after zero page", prepare_zeroes, write_fault, 0},
           {"COW fault after fork, copy", prepare_cow_copy, write_fault, 0},
           {"COW fault after fork, last owner", prepare_cow_last, write_fault, 0},
           {"stack growth fault", prepare_stack, stack_fault, 0},
           {"madvise DONTNEED + refault", prepare_one, dontneed, 0})
