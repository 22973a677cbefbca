/*
 * Futexes. A waiter queues itself first and reads the user's word after that, with no lock held (the read may
 * fault and sleep). Whoever changes the word and then wakes finds the waiter in the queue, or the waiter
 * finds the new value: no order of the two loses the wake-up (R32).
 *
 *   waiter: queue; read word; same? sleep until woken      waker: change word; look at queue; wake
 *
 * A private futex is named by (space, address), one in a shared mapping by (file, page index, offset), which
 * holds a reference on the file while somebody sleeps.
 *
 * Key: (b) the bucket's lock; (a) READ_ONCE by the waiter.
 */
#include "sys/futex/futex.h"
#include "arch/clock.h"
#include "arch/user.h"
#include "diag/assert.h"
#include "mm/space/vma.h"
#include "sys/syscalls.h"
#include "sys/time/user_time.h"

#define BUCKETS 256u
struct futex_key {
    const void *object; /* struct mm or struct mapping */
    u32 page, offset;
    struct mapping *held; /* the mapping, referenced, or NULL */
};
struct futex_bucket {
    struct spinlock lock; /* RANK_FUTEX */
    struct list waiters;  /* (b) struct futex_waiter, oldest first */
} cacheline_aligned;
struct futex_waiter {
    struct list link;            /* (b) */
    struct futex_key key;        /* (b) */
    struct futex_bucket *bucket; /* (b) of the old and the new to write; (a) */
    struct task *task;           /* (c) */
    u32 bitset;                  /* (c) */
    bool woken;                  /* (a) set under (b), last touch by the waker */
};
static struct futex_bucket buckets[BUCKETS];

void futex_init(void)
{
    for (u32 i = 0; i < BUCKETS; i++) {
        spinlock_init(&buckets[i].lock, "futex", FUTEX);
        list_init(&buckets[i].waiters);
    }
}

static struct futex_bucket *bucket_of(const struct futex_key *key)
{
    u32 h = ((u32)(uintptr_t)key->object >> 5) * 0x9E3779B1u ^ (key->page * 0x85EBCA6Bu) ^
            (key->offset * 0xC2B2AE35u);
    return &buckets[(h >> 16 ^ h) % BUCKETS];
}

static bool key_same(const struct futex_key *a, const struct futex_key *b)
{
    return a->object == b->object && a->page == b->page && a->offset == b->offset;
}

/* 0, -EINVAL (not aligned) or -EFAULT. A shared key must be put. */
static int key_get(vaddr_t addr, bool shared, struct futex_key *key)
{
    struct mm *mm = current->mm;
    if (addr % 4)
        return -EINVAL;
    if (addr >= USER_END)
        return -EFAULT;
    *key = (struct futex_key){.object = mm, .page = addr >> PAGE_SHIFT, .offset = addr % PAGE_SIZE};
    if (!shared)
        return 0;
    rwsem_read_lock(&mm->mmap_lock);
    const struct vma *vma = vma_find(mm, addr);
    if (vma && vma->mapping && (vma->flags & VM_SHARED)) {
        key->held = vma->mapping;
        key->object = vma->mapping;
        key->page = vma_index(vma, addr);
        key->held->ops->get(key->held);
    }
    rwsem_read_unlock(&mm->mmap_lock);
    return vma ? 0 : -EFAULT;
}

static void key_put(const struct futex_key *key)
{
    if (key->held)
        key->held->ops->put(key->held);
}

/* The barrier is one half of a bargain: we queue and then read the word; who wakes writes the word and then
 * looks for us, without the lock. One of the two sees the other (R32). */
static void waiter_queue(struct futex_waiter *w)
{
    struct futex_bucket *b = bucket_of(&w->key);
    spin_lock(&b->lock);
    w->bucket = b;
    list_push_back(&b->waiters, &w->link);
    spin_unlock(&b->lock);
    memory_barrier();
}

/* Out of whatever queue it is in now: a requeue may move it until we hold the right lock. True when it was
 * woken. */
static bool waiter_leave(struct futex_waiter *w)
{
    for (;;) {
        struct futex_bucket *b = READ_ONCE(w->bucket);
        spin_lock(&b->lock);
        if (b == w->bucket) {
            bool woken = w->woken;
            if (!woken)
                list_remove(&w->link);
            spin_unlock(&b->lock);
            return woken;
        }
        spin_unlock(&b->lock);
    }
}

/* Under the bucket's lock. After `woken` is set the waiter may be gone, so the task is held by a reference.
 */
static void waiter_wake(struct futex_waiter *w)
{
    struct task *task = w->task;
    task_get(task);
    list_remove(&w->link);
    store_release(&w->woken, true);
    task_wake(task);
    task_put(task);
}

/* Sleeps until woken, signalled or late. */
static void waiter_sleep(struct futex_waiter *w, u64 deadline)
{
    for (;;) {
        task_set_state(TASK_INTERRUPTIBLE);
        if (load_acquire(&w->woken) || task_signal_pending(current))
            break;
        if (deadline == NO_DEADLINE)
            task_sleep();
        else if (!task_sleep_until(deadline))
            break;
    }
    task_set_state(TASK_RUNNING);
}

s32 futex_wait(vaddr_t addr, u32 value, u32 bitset, bool shared, u64 deadline)
{
    struct futex_waiter w = {.task = current, .bitset = bitset};
    u32 seen = 0;
    might_sleep();
    if (!bitset)
        return -EINVAL;
    int error = key_get(addr, shared, &w.key);
    if (error)
        return error;
    list_init(&w.link);
    waiter_queue(&w);
    error = user_load_u32(addr, &seen);
    if (!error && seen != value)
        error = -EAGAIN;
    if (!error)
        waiter_sleep(&w, deadline);
    bool late = deadline != NO_DEADLINE && clock_ns() >= deadline;
    bool woken = waiter_leave(&w);
    key_put(&w.key); /* a requeue may have replaced it, reference and all */
    if (woken)
        return 0;
    if (error)
        return error;
    if (late)
        return -ETIMEDOUT;
    return deadline == NO_DEADLINE ? -ERESTARTSYS : -EINTR; /* a restart would wait the whole time again */
}

static u32 wake_locked(struct futex_bucket *b, const struct futex_key *key, u32 count, u32 bitset)
{
    struct futex_waiter *w, *next;
    u32 woken = 0;
    assert_spin_held(&b->lock);
    list_for_each_safe (w, next, &b->waiters, link) {
        if (woken == count)
            break;
        if (!key_same(&w->key, key) || !(w->bitset & bitset))
            continue;
        waiter_wake(w);
        woken++;
    }
    return woken;
}

s32 futex_wake(vaddr_t addr, u32 count, u32 bitset, bool shared)
{
    struct futex_key key;
    if (!bitset)
        return -EINVAL;
    int error = key_get(addr, shared, &key);
    if (error)
        return error;
    struct futex_bucket *b = bucket_of(&key);
    u32 woken = 0;
    memory_barrier(); /* the caller's store to the word comes before our look; see waiter_queue() */
    if (READ_ONCE(b->waiters.next) != &b->waiters) {
        spin_lock(&b->lock);
        woken = wake_locked(b, &key, count, bitset);
        spin_unlock(&b->lock);
    }
    key_put(&key);
    return (s32)woken;
}

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
        if (!key_same(&w->key, old))
            continue;
        list_remove(&w->link);
        list_push_back(&batch, &w->link);
        if (new->held)
            new->held->ops->get(new->held);
        key_put(&w->key);
        w->key = *new;
        WRITE_ONCE(w->bucket, to);
        moved++;
    }
    for (struct list *node = list_pop_front(&batch); node; node = list_pop_front(&batch))
        list_push_back(&to->waiters, node);
    return moved;
}

static s32 futex_requeue(vaddr_t addr, u32 wake, u32 move, vaddr_t addr2, bool shared, const u32 *expected)
{
    struct futex_key one, two;
    u32 seen;
    s32 result = key_get(addr, shared, &one);
    if (result)
        return result;
    result = key_get(addr2, shared, &two);
    if (result) {
        key_put(&one);
        return result;
    }
    if (expected)
        result = user_load_u32(addr, &seen);
    if (!result && expected && seen != *expected)
        result = -EAGAIN;
    if (!result) {
        struct futex_bucket *a = bucket_of(&one), *b = bucket_of(&two);
        lock_two(a, b);
        u32 woken = wake_locked(a, &one, wake, ~0u), moved = move_locked(a, b, &one, &two, move);
        unlock_two(a, b);
        result = (s32)(expected ? woken + moved : woken);
    }
    key_put(&one);
    key_put(&two);
    return result;
}

/* FUTEX_WAKE_OP: *addr2 = old OP arg; wakes addr, and addr2 when old CMP cmparg. Encoding: futex(2). */
static s32 futex_wake_op(vaddr_t addr, u32 count, u32 count2, vaddr_t addr2, u32 code, bool shared)
{
    s32 argument = (s32)(code << 8) >> 20, compare = (s32)(code << 20) >> 20;
    u32 operand = code >> 31 ? 1u << (argument & 31) : (u32)argument, old, seen, fresh;
    int error = user_load_u32(addr2, &old);
    for (; !error; old = seen) {
        switch (code >> 28 & 7) {
        case 0:
            fresh = operand;
            break;
        case 1:
            fresh = old + operand;
            break;
        case 2:
            fresh = old | operand;
            break;
        case 3:
            fresh = old & ~operand;
            break;
        case 4:
            fresh = old ^ operand;
            break;
        default:
            return -ENOSYS;
        }
        error = user_cmpxchg_u32(addr2, old, fresh, &seen);
        if (!error && seen == old)
            break;
    }
    if (error)
        return error;
    s32 is = (s32)old;
    const bool holds[6] = {is == compare, is != compare, is<compare, is <= compare, is> compare,
                           is >= compare};
    s32 woken = futex_wake(addr, count, ~0u, shared);
    if (woken >= 0 && (code >> 24 & 15) < 6 && holds[code >> 24 & 15])
        woken += MAX(futex_wake(addr2, count2, ~0u, shared), 0);
    return woken;
}

enum { WAIT, WAKE, REQUEUE = 3, CMP_REQUEUE, WAKE_OP, WAIT_BITSET = 9, WAKE_BITSET };
#define FUTEX_PRIVATE        128u
#define FUTEX_CLOCK_REALTIME 256u

/* WAIT's time is a length, WAIT_BITSET's a moment on the clock that the flag names. */
static int deadline_from(u32 op, u32 command, vaddr_t time, bool time64, u64 *deadline)
{
    u64 ns;
    *deadline = NO_DEADLINE;
    if (!time)
        return 0;
    int error = user_time_load(time, time64, &ns);
    if (error)
        return error;
    if (command == WAIT)
        *deadline = ns + clock_ns() < ns ? NO_DEADLINE : ns + clock_ns();
    else
        *deadline = op & FUTEX_CLOCK_REALTIME ? time_from_wall(ns) : ns;
    return 0;
}

static s32 futex(vaddr_t addr, u32 op, u32 value, vaddr_t time_or_count, vaddr_t addr2, u32 value3,
                 bool time64)
{
    u32 command = op & ~(FUTEX_PRIVATE | FUTEX_CLOCK_REALTIME);
    bool shared = !(op & FUTEX_PRIVATE);
    u64 deadline;
    int error;
    switch (command) {
    case WAIT:
    case WAIT_BITSET:
        error = deadline_from(op, command, time_or_count, time64, &deadline);
        return error ? error : futex_wait(addr, value, command == WAIT ? ~0u : value3, shared, deadline);
    case WAKE:
    case WAKE_BITSET:
        return futex_wake(addr, value, command == WAKE ? ~0u : value3, shared);
    case REQUEUE:
        return futex_requeue(addr, value, time_or_count, addr2, shared, NULL);
    case CMP_REQUEUE:
        return futex_requeue(addr, value, time_or_count, addr2, shared, &value3);
    case WAKE_OP:
        return futex_wake_op(addr, value, time_or_count, addr2, value3, shared);
    default: /* priority inheritance is not here */
        return -ENOSYS;
    }
}

s32 sys_futex(vaddr_t addr, u32 op, u32 value, vaddr_t time, vaddr_t addr2, u32 value3)
{
    return futex(addr, op, value, time, addr2, value3, false);
}

s32 sys_futex_time64(vaddr_t addr, u32 op, u32 value, vaddr_t time, vaddr_t addr2, u32 value3)
{
    return futex(addr, op, value, time, addr2, value3, true);
}
