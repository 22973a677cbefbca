/*
 * What only another choice brings about: a tick that comes early, an IPI that comes late, a disk that answers
 * in another order, a walk that stops half way. The self test plants a test that takes one of them for
 * impossible, and demands that the search proves it wrong, and that it does so by that choice alone.
 */
#include "arch/clock.h"
#include "arch/sim/broken.h"
#include "arch/sim/machine.h"
#include "tests/host/sim_bench.h"
#include "tests/host/sync_crew.h"
#include "tests/scenario.h"
#include "tests/slow_file.h"

#define LOOKS 50u /* choice points: a small part of the time that the sleeper has */

static void sleep_a_while(void *woken)
{
    task_set_state(TASK_UNINTERRUPTIBLE);
    task_sleep_until(clock_ns() + 50000000u);
    store_release((u32 *)woken, 1u);
}

TEST(choice_of_tick, .cpus = 2, .shows = "a timer may come at any step, not only when the clock says so")
{
    struct crew crew = {.n = 0};
    u32 woken = 0, early = 0;

    crew_await_sleep(crew_add(&crew, 1, sleep_a_while, &woken));
    for (u32 i = 0; i < LOOKS; i++)
        early |= load_acquire(&woken);
    if (sim_planted == PLANT_NO_EARLY_TICK)
        check_eq(early, 0);
    crew_join(&crew);
}

static u32 ready, sent;

/* Who has seen what CPU 0 wrote after it sent the interrupt: has the interrupt come? */
static void look_for_ipi(void *late)
{
    store_release(&ready, 1u); /* a CPU that idles hears an interrupt at once */
    while (!load_acquire(&sent))
        cpu_relax();
    *(bool *)late = vcpus[cpu_id()].pending & (1u << SIM_IRQ_RESCHED);
}

TEST(choice_of_late_ipi, .cpus = 2,
     .shows = "an IPI may be on its way while what was written after it is seen")
{
    struct crew crew = {.n = 0};
    bool late = false;

    ready = sent = 0;
    crew_add(&crew, 1, look_for_ipi, &late);
    while (!load_acquire(&ready))
        cpu_relax();
    cpu_send_ipi(1, IPI_RESCHED);
    store_release(&sent, 1u);
    crew_join(&crew);
    if (sim_planted == PLANT_IPI_AT_ONCE)
        check(!late);
}

static void read_page(void *page)
{
    (void)user_load((vaddr_t)page);
}

TEST(choice_of_disk_order, .cpus = 2, .shows = "two reads of a disk may end in either order")
{
    struct scene *s = scene_begin();
    struct mapping *file = slow_file_create(2, 20000000u);
    vaddr_t a = scene_mmap_file(s, file, 2, VM_READ);

    actor_settle(actor_start(s, 0, read_page, (void *)a));
    actor_settle(actor_start(s, 1, read_page, (void *)(a + PAGE_SIZE)));
    scene_join(s);
    if (sim_planted == PLANT_DISK_IN_ORDER)
        check_eq(slow_file_ended(file, 0), 0);
    check_eq(mm_munmap(scene_mm(s), a, 2 * PAGE_SIZE), 0);
    slow_file_free(file);
    scene_end(s);
}

TEST(choices_in_a_walk, .shows = "a walk is four steps: a look at each level, and A and D after it")
{
    struct bench b;

    bench_begin(&b, PROT_PTE_READ | PROT_PTE_WRITE);
    u32 before = machine_step();
    check(bench_access(VA, true));
    check_eq(machine_step() - before, 4);
    before = machine_step();
    check(bench_access(VA, true)); /* by the TLB */
    check_eq(machine_step() - before, 0);
    bench_end(&b);
}
