/*
 * R07: a fault sleeps in a read; munmap and mmap put something else at its address meanwhile. It must begin
 * again at the look-up. And what the sleeper costs the others: how long mmap() waits for it.
 */
#include "arch/clock.h"
#include "mm/fault/faultlock.h"
#include "tests/scenario.h"
#include "tests/slow_file.h"

#define PLACE     0x40000000u
#define ELSEWHERE (PLACE - 4 * PAGE_SIZE) /* a region there, taken for the one at PLACE, has pages for it */
#define PAGES     8u
#define INDEX     1u
#define VALUE     (INDEX * 1024)

struct change {
    struct mm *mm;
    struct mapping *file;
    u32 value;
    int error;
};

static void load(void *arg)
{
    struct change *c = arg;
    c->error = again(user_load_u32(PLACE + INDEX * PAGE_SIZE, &c->value));
}

static void map_at(struct mm *mm, vaddr_t addr, struct mapping *file)
{
    struct mmap_request request = {
        .addr = addr, .length = 2 * PAGE_SIZE, .vm_flags = VM_RW, .how = MM_FIXED, .mapping = file};

    check_eq((vaddr_t)again(mm_mmap(mm, &request)), addr);
}

/* The region's memory may become the region of the file elsewhere; at the old place there are zeroes now. */
static void replace(void *arg)
{
    struct change *c = arg;

    check_eq(again(mm_munmap(c->mm, PLACE, 2 * PAGE_SIZE)), 0);
    map_at(c->mm, ELSEWHERE, c->file);
    map_at(c->mm, PLACE, NULL);
}

static void unmap_and_end(struct scene *s, struct mapping *file)
{
    scene_join(s);
    check_eq(again(mm_munmap(scene_mm(s), ELSEWHERE, PLACE + 2 * PAGE_SIZE - ELSEWHERE)), 0);
    slow_file_free(file);
    scene_end(s);
}

TEST(r07_stale_region, .cpus = 2,
     .shows = "a fault that slept in a read begins again at the look-up, and finds what is mapped there now")
{
    struct scene *s = scene_begin();
    struct change c = {.mm = scene_mm(s), .file = slow_file_create(PAGES, 0)};

    map_at(c.mm, PLACE, c.file);
    slow_file_hold(c.file, INDEX);
    struct actor *reader = actor_start(s, 0, load, &c);
    while (slow_file_under_way(c.file) == 0)
        task_yield();
    struct actor *changer = actor_start(s, 1, replace, &c);
    actor_settle(changer);
    bool overtook = actor_is_done(changer);
    check_eq(overtook, !faultlock.holds_through_io);
    slow_file_let_go(c.file, INDEX);
    actor_join(s, reader);
    if (overtook)
        check_eq(c.error, 0);
    if (overtook)
        check_eq(c.value, 0);
    else /* before the munmap, in the moment after it, or after it all */
        check(c.error || c.value == VALUE || c.value == 0);
    unmap_and_end(s, c.file);
}

static void unmap_and_free_file(void *arg)
{
    struct change *c = arg;

    check_eq(again(mm_munmap(c->mm, PLACE, 2 * PAGE_SIZE)), 0);
    slow_file_free(c->file); /* when no region and no fault keeps it open any more */
}

static void read_it_in(void *arg)
{
    struct change *c = arg;
    int error;

    page_put(obtain(mapping_read(c->file, INDEX, &error)));
}

TEST(r07_file_gone, .cpus = 2,
     .shows = "a fault whose region goes, and the file with it, does not look at the file any more")
{
    struct scene *s = scene_begin();
    struct change c = {.mm = scene_mm(s), .file = slow_file_create(PAGES, 0)};

    map_at(c.mm, PLACE, c.file);
    actor_run(s, 1, read_it_in, &c);            /* so no read is under way when the file goes */
    check_eq(again(pt_ensure(c.mm, PLACE)), 0); /* else the look needs mmap_lock, and nobody passes it */
    scene_overtake(s, R49, load, unmap_and_free_file,
                   &c); /* R49: the region is known, the file not looked at */
    check(c.error || c.value == VALUE);
    scene_end(s);
}

/* ---- the figures ---- */

#define READS   scene_count(40u, 1u)
#define READ_NS 20000000u

struct sleeper {
    struct mm *mm;
    vaddr_t base;
    u32 reads, over;
    u32 maps;
    u64 longest_ns;
};

static void read_slowly(void *arg)
{
    struct sleeper *sl = arg;

    for (u32 i = 0; i < sl->reads; i++)
        check_eq(user_load(sl->base + i * PAGE_SIZE), i * 1024);
    store_release(&sl->over, 1);
}

static void map_in_a_loop(void *arg)
{
    struct sleeper *sl = arg;
    struct mmap_request request = {.length = PAGE_SIZE, .vm_flags = VM_RW};

    while (!load_acquire(&sl->over)) {
        u64 began = clock_ns();
        s32 addr = again(mm_mmap(sl->mm, &request));
        u64 took = clock_ns() - began;

        check(!mm_is_error(addr));
        sl->longest_ns = MAX(sl->longest_ns, took);
        sl->maps++;
        check_eq(again(mm_munmap(sl->mm, (vaddr_t)addr, PAGE_SIZE)), 0);
    }
}

TEST(mmap_beside_slow_reads, .cpus = 2,
     .shows = "what mmap() waits for while a sibling thread sleeps in reads, by protocol")
{
    struct scene *s = scene_begin();
    struct mapping *file = slow_file_create(READS, READ_NS);
    struct sleeper sl = {.mm = scene_mm(s),
                         .base = scene_mmap_file(s, file, READS, VM_READ),
                         .reads = refusal_wanted() ? MIN(READS, 4u) : READS};
    u64 began = clock_ns();

    actor_start(s, 1, map_in_a_loop, &sl);
    actor_join(s, actor_start(s, 0, read_slowly, &sl));
    u32 ms = (u32)((clock_ns() - began) / 1000000) + 1;
    scene_join(s);
    test_note("faultlock=%s: longest mmap() %u us; %u mmaps in %u ms (%u a second) beside %u reads of %u ms",
              faultlock.name, (u32)(sl.longest_ns / 1000), sl.maps, ms, sl.maps * 1000 / ms, sl.reads,
              READ_NS / 1000000);
    check_eq(slow_file_reads(file), sl.reads);
    check_eq(again(mm_munmap(sl.mm, sl.base, READS * PAGE_SIZE)), 0);
    slow_file_free(file);
    scene_end(s);
}
