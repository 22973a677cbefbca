/* Moving waiters from one futex to another without waking them: FUTEX_REQUEUE and FUTEX_CMP_REQUEUE of
 * futex(2). */
#include "arch/user.h"
#include "mm/file/mapping.h"
#include "sys/futex/private.h"

/* Two buckets in address order; one lock when they are the same. */
static lock_implementation void lock_two(struct futex_bucket *a, struct futex_bucket *b)
    acquires(&a->lock, &b->lock)
{
    spin_lock(a < b ? &a->lock : &b->lock);
    if (a != b)
        spin_lock_nested(a < b ? &b->lock : &a->lock);
}

static lock_implementation void unlock_two(struct futex_bucket *a, struct futex_bucket *b)
    releases(&a->lock, &b->lock)
{
    if (a != b)
        spin_unlock(a < b ? &b->lock : &a->lock);
    spin_unlock(a < b ? &a->lock : &b->lock);
}

/* A waiter that is moved holds the second futex's file from now on, and no longer the first's: the caller
 * holds both, so no reference that goes here is the last. */
static u32 move_locked(struct futex_bucket *from, struct futex_bucket *to, const struct futex_key *old,
                       const struct futex_key *new, u32 count)
{
    struct futex_waiter *w, *next;
    u32 moved = 0;
    struct list batch = LIST_INIT(batch);
    list_for_each_safe (w, next, &from->waiters, link) {
        if (moved == count)
            break;
        if (!futex_key_same(&w->key, old))
            continue;
        list_remove(&w->link);
        list_push_back(&batch, &w->link);
        if (new->held)
            new->held->ops->get(new->held);
        futex_key_put(&w->key);
        w->key = *new;
        WRITE_ONCE(w->bucket, to);
        moved++;
    }
    for (struct list *node = list_pop_front(&batch); node; node = list_pop_front(&batch))
        list_push_back(&to->waiters, node);
    return moved;
}

s32 futex_requeue(vaddr_t addr, u32 wake, u32 move, vaddr_t addr2, bool shared, const u32 *expected)
{
    struct futex_key one, two;
    u32 seen;
    s32 result = futex_key_get(addr, shared, &one);
    if (result)
        return result;
    result = futex_key_get(addr2, shared, &two);
    if (result) {
        futex_key_put(&one);
        return result;
    }
    if (expected)
        result = user_load_u32(addr, &seen);
    if (!result && expected && seen != *expected)
        result = -EAGAIN;
    if (!result) {
        struct futex_bucket *a = futex_bucket_of(&one), *b = futex_bucket_of(&two);
        lock_two(a, b);
        u32 woken = futex_wake_locked(a, &one, wake, ~0u), moved = move_locked(a, b, &one, &two, move);
        unlock_two(a, b);
        result = (s32)(expected ? woken + moved : woken);
    }
    futex_key_put(&one);
    futex_key_put(&two);
    return result;
}
