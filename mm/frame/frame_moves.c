/*
 * An exact count of the frames that the users of mm/ answer for (test image).
 *
 * Slabs and the kernel window keep stocks of their own, filled and emptied whenever some task ends or an idle
 * CPU finds time, so a leak check subtracts them. The subtraction would be wrong by one whenever a task
 * stands between page_alloc() and the line that counts the frame as the window's, and it may stand there
 * long: preempted, on another CPU. Such moves are therefore counted at both ends, and the reader takes only a
 * sum during which none was under way:
 *
 *     mover                                  reader
 *     begun++                                e = ended; b = begun; b != e: give way, again
 *     page_alloc: one more in use            sum
 *     kv_frames++                            begun != b: again
 *     ended++
 */
#ifdef FL_TEST
#include "diag/assert.h"
#include "mm/frame/frames.h"
#include "mm/kernel/kvalloc.h"
#include "mm/kernel/slab.h"
#include "sched/task.h"

static atomic_t begun, ended;

void frames_move_begin(void)
{
    atomic_inc(&begun);
}
void frames_move_end(void)
{
    atomic_inc(&ended);
}

u32 frames_users(void)
{
    might_sleep();
    for (;; task_yield()) {
        int e = atomic_read(&ended),
            b = atomic_read(&begun); /* in this order: a move between the two is seen */
        if (b != e)
            continue;
        u32 users = frames_in_use() - slab_pages_in_use() - kv_pages_in_use();
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        if (atomic_read(&begun) == b)
            return users;
    }
}
#else
typedef int frame_moves_are_counted_in_the_test_image;
#endif
