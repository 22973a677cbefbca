/*
 * R32 at the disk: the answer comes, by an interrupt, when the reader has seen that it is not there yet, and
 * does not sleep yet.
 *
 *   T1 (CPU 1)   has asked; looks: no answer                                          T1@R32
 *   disk         answers; the interrupt completes the request and wakes its waiters
 *   T1           goes to sleep
 */
#include "tests/machine/disk_requests.h"
#include "tests/machine/scratch_disk.h"
#include "tests/refusal.h"
#include "tests/scenario.h"

struct reader {
    struct block_device *disk;
    struct page *page;
    struct answers answers;
    struct asked asked;
    u32 failed;
};

static void read_page(void *arg)
{
    struct reader *r = arg;

    check_eq(answers_ask(&r->answers, &r->asked, r->disk, BLOCK_READ, 8, whole_page(r->page)), 0);
    r->failed = answers_wait(&r->answers);
}

TEST(r32_disk_answer, .disk = true, .cpus = 2, .limit_ticks = 1500,
     .shows = "an answer of the disk that comes before its reader sleeps is not lost")
{
    struct block_device *disk = scratch_disk();
    struct scene *s = scene_begin();
    struct reader r = {.disk = disk, .page = obtain(page_alloc(GFP_KERNEL)), .failed = 1};

    check(r.page != NULL);
    answers_init(&r.answers);
    block_plug(disk); /* no answer before the reader stands in the window */
    scene_stop(s, R32);
    struct actor *reader = actor_start(s, 1, read_page, &r);
    if (scene_wait_caught(s, R32)) {
        block_unplug(disk);
        while (!completion_is_done(&r.answers.all))
            task_yield();
        scene_release(s, R32);
    }
    actor_join(s, reader);
    check_eq(r.failed, 0);
    check(scratch_is_right(page_address(r.page), 8, PAGE_SIZE / SECTOR_SIZE));
    page_put(r.page);
    scene_end(s);
    block_device_put(disk);
}
