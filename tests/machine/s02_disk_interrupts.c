/*
 * S02: the disk's interrupt completes into kernel buffers, whatever task it interrupts. Several requests are
 * in flight; the device writes the first half of each into a kmalloc'ed page and the second into a kvalloc'ed
 * one. Eight tasks, each in an address space of its own, keep all CPUs busy. Each interrupt reads both
 * buffers by their kernel addresses, through whatever CR3 holds, spoils them and sends its request off again
 * for other sectors; from time to time it sends the next interrupts to another CPU.
 */
#include "diag/counters.h"
#include "mm/kernel/kvalloc.h"
#include "mm/kernel/slab.h"
#include "sync/completion.h"
#include "tests/machine/interrupted.h"
#include "tests/machine/scratch_disk.h"
#include "tests/refusal.h"
#include "tests/scale.h"

#define IN_FLIGHT     16u
#define BRIEF         500u
#define FULL          100000u /* S02: completions */
#define HALF          (PAGE_SIZE / SECTOR_SIZE)
#define STAY          50u /* completions until the interrupts go to the next CPU */
#define SPOILT        0xDEADD15Cu
#define SUBMITTED_MAX (2 * FULL)

struct reader {
    struct block_request request;
    struct block_fragment halves[2];
    u32 *direct, *window; /* kmalloc, kvalloc */
    struct run *run;
};
struct run {
    struct block_device *disk;
    struct reader readers[IN_FLIGHT];
    struct interrupted programs;
    atomic_t completions, wrong, faults;
    atomic_t in[INTERRUPTED];
    atomic_t on[MAX_CPUS];
    atomic_t reading; /* readers that go on */
    struct completion all_done;
    u32 wanted;
};

static bool seen_in_all(const struct run *run)
{
    for (u32 i = 0; i < INTERRUPTED; i++)
        if (atomic_read(&run->in[i]) == 0)
            return false;
    return true;
}

static bool send_off(struct reader *reader, u32 number)
{
    u32 places = (scratch_room() - 1) / (2 * HALF);

    reader->request.sector = 1 + number % places * 2 * HALF;
    return block_submit(reader->run->disk, &reader->request) == 0;
}

/* Both halves are what the disk has there; then they are not any more, so that the next read shows. */
static bool use_buffers(struct reader *reader)
{
    u32 first = (u32)reader->request.sector;
    bool right =
        scratch_is_right(reader->direct, first, HALF) && scratch_is_right(reader->window, first + HALF, HALF);

    for (u32 i = 0; i < PAGE_SIZE / 4; i++)
        reader->direct[i] = reader->window[i] = SPOILT;
    return right;
}

static void note_where(struct run *run)
{
    u32 program = interrupted_here(&run->programs);

    atomic_inc(&run->on[cpu_id()]);
    if (program < INTERRUPTED)
        atomic_inc(&run->in[program]);
}

/* In the interrupt. */
static void answered(struct block_request *request, int error)
{
    struct reader *reader = request->owner;
    struct run *run = reader->run;
    u32 number = (u32)atomic_inc(&run->completions);
    u32 faults = this_cpu(counters).n[COUNT_pgfault];

    check(in_interrupt() && !irq_enabled());
    note_where(run);
    if (error || !use_buffers(reader))
        atomic_inc(&run->wrong);
    atomic_add(&run->faults, (int)(this_cpu(counters).n[COUNT_pgfault] - faults));
    if (number % STAY == 0)
        check_eq(block_interrupt_on(run->disk, number / STAY % cpu_count()), 0);
    bool go_on = number < run->wanted || (!seen_in_all(run) && number < SUBMITTED_MAX);
    if ((!go_on || atomic_read(&run->wrong) || !send_off(reader, number)) && atomic_dec(&run->reading) == 0)
        complete(&run->all_done);
}

static void make_reader(struct run *run, struct reader *reader)
{
    u32 n;

    *reader = (struct reader){.direct = obtain(kmalloc(PAGE_SIZE, GFP_KERNEL)),
                              .window = obtain(kvalloc(PAGE_SIZE, "s02", 0)),
                              .run = run};
    assert(reader->direct && reader->window);
    block_fragments_of(reader->direct, PAGE_SIZE, &reader->halves[0], 1, &n);
    block_fragments_of(reader->window, PAGE_SIZE, &reader->halves[1], 1, &n);
    reader->request = (struct block_request){
        .op = BLOCK_READ, .fragments = reader->halves, .fragments_n = 2, .done = answered, .owner = reader};
}

static void read_while_they_run(struct run *run)
{
    interrupted_await(&run->programs);
    atomic_set(&run->reading, IN_FLIGHT);
    completion_init(&run->all_done);
    for (u32 i = 0; i < IN_FLIGHT; i++)
        check(send_off(&run->readers[i], i));
    completion_wait(&run->all_done);
}

static void report(struct run *run)
{
    u32 in_tasks = 0, fewest = ~0u;

    for (u32 i = 0; i < INTERRUPTED; i++) {
        in_tasks += (u32)atomic_read(&run->in[i]);
        fewest = MIN(fewest, (u32)atomic_read(&run->in[i]));
    }
    test_note(
        "%u completions, %u of them in the address spaces of %u tasks, at least %u in each; %u interrupts",
        (u32)atomic_read(&run->completions), in_tasks, INTERRUPTED, fewest,
        virtio_blk_of(run->disk)->interrupts);
    test_note("%u sums wrong, %u page faults in the interrupts; CPUs 0 to 3 took %u %u %u %u",
              (u32)atomic_read(&run->wrong), (u32)atomic_read(&run->faults), (u32)atomic_read(&run->on[0]),
              (u32)atomic_read(&run->on[1]), (u32)atomic_read(&run->on[2]), (u32)atomic_read(&run->on[3]));
    check((u32)atomic_read(&run->completions) >= run->wanted);
    check_eq(atomic_read(&run->wrong), 0);
    check_eq(atomic_read(&run->faults), 0);
    check(fewest > 0);
}

TEST(s02_disk_interrupts, .disk = true, .limit_ticks = 60000,
     .shows =
         "the disk's interrupts fill kmalloc'ed and kvalloc'ed buffers whatever address space they interrupt")
{
    static struct run run;

    run = (struct run){.wanted = test_count(BRIEF, FULL), .disk = scratch_disk()};
    for (u32 i = 0; i < IN_FLIGHT; i++)
        make_reader(&run, &run.readers[i]);
    struct scene *s = scene_begin();
    interrupted_start(&run.programs, s, 0);
    read_while_they_run(&run);
    interrupted_end(&run.programs, s);
    scene_end(s);
    for (u32 i = 0; i < IN_FLIGHT; i++) {
        kfree(run.readers[i].direct);
        kvfree(run.readers[i].window);
    }
    kvalloc_purge();
    report(&run);
    check_eq(block_interrupt_on(run.disk, 0), 0);
    block_device_put(run.disk);
}
