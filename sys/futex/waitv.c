/*
 * Several futexes at once: futex_waitv(2).
 *
 * Each futex gets a waiter of its own, queued before its word is read, as in futex_wait(): so none of the wake-ups is
 * lost (R32), and one that comes while later words are still being read is seen when the queues are left.
 */
#include "arch/clock.h"
#include "arch/user.h"
#include "mm/kernel/slab.h"
#include "sys/futex/private.h"
#include "sys/syscalls.h"
#include "sys/time/user_time.h"

#define WAITERS_MAX   128u
#define FUTEX_32      2u
#define FUTEX_PRIVATE 128u
enum { WAITV_REALTIME, WAITV_MONOTONIC };

/* struct futex_waitv: linux/futex.h. */
struct asked {
    u64 value, address;
    u32 flags, reserved;
};
static_assert(sizeof(struct asked) == 24, "struct futex_waitv");

static void put_keys(const struct futex_waiter *w, u32 count)
{
    for (u32 i = 0; i < count; i++)
        futex_key_put(&w[i].key);
}

/* All names before the first queue: what is wrong with one leaves nobody waiting. */
static int take_keys(struct futex_waiter *w, const struct asked *asked, u32 count)
{
    for (u32 i = 0; i < count; i++) {
        w[i] = (struct futex_waiter){.task = current, .bitset = ~0u};
        list_init(&w[i].link);
        int error = futex_key_get((vaddr_t)asked[i].address, !(asked[i].flags & FUTEX_PRIVATE), &w[i].key);
        if (error) {
            put_keys(w, i);
            return error;
        }
    }
    return 0;
}

/* Which one was woken, the last if several were; -1 if none. */
static s32 leave_all(struct futex_waiter *w, u32 queued)
{
    s32 woken = -1;
    for (u32 i = 0; i < queued; i++)
        if (futex_waiter_leave(&w[i]))
            woken = (s32)i;
    return woken;
}

/* The index of a futex that was woken, or -errno. */
static s32 wait_many(struct futex_waiter *w, const struct asked *asked, u32 count, u64 deadline)
{
    u32 queued = 0, seen;
    int error = take_keys(w, asked, count);
    if (error)
        return error;
    while (!error && queued < count) {
        futex_waiter_queue(&w[queued]);
        error = user_load_u32((vaddr_t)asked[queued].address, &seen);
        if (!error && seen != (u32)asked[queued].value)
            error = -EAGAIN;
        queued++;
    }
    if (!error)
        futex_waiters_sleep(w, count, deadline);
    bool late = deadline != NO_DEADLINE && clock_ns() >= deadline;
    s32 woken = leave_all(w, queued);
    put_keys(w, count); /* a requeue may have replaced them, references and all */
    return woken >= 0 ? woken : error ? error : late ? -ETIMEDOUT : -ERESTARTSYS;
}

static int check_asked(const struct asked *asked, u32 count)
{
    for (u32 i = 0; i < count; i++)
        if ((asked[i].flags & ~FUTEX_PRIVATE) != FUTEX_32 || asked[i].reserved)
            return -EINVAL;
    return 0;
}

static s32 load_and_wait(vaddr_t from, u32 count, u64 deadline)
{
    struct asked *asked = kmalloc(count * sizeof(*asked), GFP_KERNEL);
    struct futex_waiter *w = kmalloc(count * sizeof(*w), GFP_KERNEL);
    s32 result = asked && w ? copy_from_user(asked, from, count * sizeof(*asked)) : -ENOMEM;
    if (!result)
        result = check_asked(asked, count);
    if (!result)
        result = wait_many(w, asked, count, deadline);
    kfree(w);
    kfree(asked);
    return result;
}

s32 sys_futex_waitv(vaddr_t from, u32 count, u32 flags, vaddr_t time, u32 clock)
{
    u64 deadline = NO_DEADLINE;
    might_sleep();
    if (flags || !count || count > WAITERS_MAX || !from)
        return -EINVAL;
    if (time) {
        if (clock > WAITV_MONOTONIC)
            return -EINVAL;
        int error = user_time_load(time, true, &deadline);
        if (error)
            return error;
        if (clock == WAITV_REALTIME)
            deadline = time_from_wall(deadline);
    }
    return load_and_wait(from, count, deadline);
}
