/*
 * Four CPUs fault in one address space, each in page tables of its own; which lines do their faults share?
 * The first faults of each CPU, which make its page table and fill its caches, are not looked at.
 */
#include "tests/host/lines/lines.h"
#include "tests/scenario.h"

#define FAULTS 64u
#define WARM   64u

#define BASE 0x40000000u

/* An aligned 4 MiB for each CPU. */
static void fault_along(void *arg)
{
    vaddr_t base = BASE + cpu_id() * PDE_SIZE;

    for (u32 i = 0; i < WARM + FAULTS; i++) {
        vaddr_t page = base + i * PAGE_SIZE;
        if (i >= WARM)
            lines_begin(i - WARM);
        check_eq(user_store_u32(page, 1), 0);
        lines_end();
    }
}

static u32 by_size(u32 *count, u32 n, u32 nth)
{
    for (u32 value = 0, seen = 0;; value++) {
        for (u32 i = 0; i < n; i++)
            seen += count[i] == value;
        if (seen > nth)
            return value;
    }
}

static void report(void)
{
    static u32 count[MAX_CPUS * FAULTS];
    u32 n = 0, sum = 0;

    for (u32 cpu = 0; cpu < cpu_count(); cpu++) {
        for (u32 i = 0; i < FAULTS; i++) {
            count[n] = lines_shared(cpu, i);
            sum += count[n++];
        }
    }
    lines_print("lines anonymous write\t%u\t%u.%02u\n", by_size(count, n, n / 2), sum / n, sum % n * 100 / n);
}

TEST(lines_per_fault, .cpus = 4, .shows = "the cache lines that faults in different page tables share")
{
    struct scene *s = scene_begin();

    scene_mmap_at(s, BASE, 4 * (PDE_SIZE >> PAGE_SHIFT), VM_RW);
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        actor_start(s, cpu, fault_along, NULL);
    scene_join(s);
    report();
    scene_end(s);
}
