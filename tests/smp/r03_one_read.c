/*
 * R03: eight threads of two programs (two threads, where every schedule is tried) fault one page of a file.
 * It is read once, and all of them get that one page. Two programs, since a protocol may let only one fault
 * of a space go on at a time.
 */
#include "lib/errno.h"
#include "mm/fault/faultlock.h"
#include "tests/scenario.h"
#include "tests/slow_file.h"

#define THREADS scene_count(8u, 2u)
#define INDEX   2u
#define PAGES   4u
#define VALUE   (INDEX * 1024)

struct crowd {
    vaddr_t page;
    atomic_t number;
    struct mapping *file;
};

/* Each finds the file's word, and leaves one of its own that the others must see. */
static void load_then_store(void *arg)
{
    struct crowd *c = arg;
    u32 mine = (u32)atomic_inc(&c->number);

    check_eq(user_load(c->page), VALUE);
    user_store(c->page + mine * 4, mine);
}

static void check_all_stores(void *arg)
{
    struct crowd *c = arg;

    for (u32 i = 1; i <= THREADS; i++)
        check_eq(user_load(c->page + i * 4), i);
}

/* The file's pages are counted to the scene: they go before it ends. */
static void end_with_file(struct scene *s, struct mapping *file, vaddr_t base)
{
    scene_join(s);
    check_eq(again(mm_munmap(scene_mm(s), base, PAGES * PAGE_SIZE)), 0);
    slow_file_free(file);
    scene_end(s);
}

/* Another space that shows the file where the scene's does. */
static struct mm *second_program(struct mapping *file, vaddr_t base)
{
    struct mmap_request request = {.addr = base,
                                   .length = PAGES * PAGE_SIZE,
                                   .vm_flags = VM_RW | VM_SHARED | VM_MAYWRITE,
                                   .how = MM_FIXED,
                                   .mapping = file};
    struct mm *mm = obtain(mm_create());

    assert(mm != NULL);
    check_eq((vaddr_t)again(mm_mmap(mm, &request)), base);
    return mm;
}

static void start_the_rest(struct scene *s, struct mm *second, struct crowd *c)
{
    for (u32 i = 1; i < THREADS; i++)
        actor_settle(actor_start_in(s, i % 2 ? second : scene_mm(s), i, load_then_store, c));
}

TEST(
    r03_one_read, .cpus = 2,
    .shows =
        "of several threads that fault one page of a file one reads it; the others wait, and map the same page")
{
    struct scene *s = scene_begin();
    struct mapping *file = slow_file_create(PAGES, 0);
    vaddr_t base = scene_mmap_file(s, file, PAGES, VM_RW | VM_SHARED);
    struct crowd c = {.page = base + INDEX * PAGE_SIZE};
    struct mm *second = second_program(file, base);

    slow_file_hold(file, INDEX);
    scene_stop(s, R03); /* the first has seen that the page is not there */
    struct actor *first = actor_start(s, 0, load_then_store, &c);
    if (scene_wait_caught(s, R03)) {
        start_the_rest(s, second, &c);
        scene_release(s, R03);
        actor_settle(first);
        check_eq(slow_file_reads(file), 1);
    }
    slow_file_let_go(file, INDEX);
    scene_join(s);
    actor_run(s, 0, check_all_stores, &c);
    check_eq(slow_file_reads(file), 1);
    mm_put_user(second);
    end_with_file(s, file, base);
}

static void load_fails_then_works(void *arg)
{
    struct crowd *c = arg;
    u32 value;

    slow_file_fail(c->file, INDEX, 100); /* the copy tries again, byte by byte, before it gives up */
    check_eq(user_load_u32(c->page, &value), -EFAULT);
    slow_file_fail(c->file, INDEX, 0);
    check_eq(user_load(c->page), VALUE);
}

TEST(r03_failed_read, .shows = "a read that fails is the fault's failure, and the next fault reads again")
{
    struct scene *s = scene_begin();
    struct mapping *file = slow_file_create(PAGES, 0);
    struct crowd c = {.page = scene_mmap_file(s, file, PAGES, VM_READ) + INDEX * PAGE_SIZE};

    c.file = file;
    actor_run(s, 0, load_fails_then_works, &c);
    check(slow_file_reads(file) >= 2 || refusal_excuses_null()); /* without memory nothing was read */
    end_with_file(s, file, c.page - INDEX * PAGE_SIZE);
}

static void load_page(void *addr)
{
    (void)user_load((vaddr_t)addr);
}

TEST(reads_end_in_any_order, .cpus = 2,
     .shows = "reads that end in another order than they began wake the faults that wait for them")
{
    struct scene *s = scene_begin();
    struct mapping *file = slow_file_create(PAGES, 0);
    vaddr_t base = scene_mmap_file(s, file, PAGES, VM_READ);

    struct actor *reader[3];

    for (u32 i = 0; i < 3; i++) {
        slow_file_hold(file, i);
        reader[i] = actor_start(s, i, load_page, (void *)(base + i * PAGE_SIZE));
        actor_settle(reader[i]);
    }
    for (u32 n = 0; n < 3; n++) { /* the last that began is the first to end */
        u32 i = 2 - n;
        slow_file_let_go(file, i);
        if (faultlock_is(&faultlock_mutex))
            continue; /* one fault at a time: which is the next is not ours to say */
        actor_join(s, reader[i]);
        check_eq(slow_file_ended(file, n), i);
    }
    end_with_file(s, file, base);
}
