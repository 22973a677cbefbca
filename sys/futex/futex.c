/*
 * Futexes. A waiter queues itself first and reads the user's word after that, with no lock held (the read may
 * fault and sleep). Whoever changes the word and then wakes finds the waiter in the queue, or the waiter
 * finds the new value: no order of the two loses the wake-up (R32).
 *
 *   waiter: queue; read word; same? sleep until woken      waker: change word; look at queue; wake
 *
 * A private futex is named by (space, address), one in a shared mapping by (file, page index, offset), which
 * holds a reference on the file while somebody sleeps.
 */
#include "arch/clock.h"
#include "arch/user.h"
#include "diag/assert.h"
#include "mm/space/vma.h"
#include "sys/futex/private.h"
#include "sys/syscalls.h"

#define BUCKETS 256u
static struct futex_bucket buckets[BUCKETS];

void futex_init(void)
{
    for (u32 i = 0; i < BUCKETS; i++) {
        spinlock_init(&buckets[i].lock, "futex", FUTEX);
        list_init(&buckets[i].waiters);
    }
}

struct futex_bucket *futex_bucket_of(const struct futex_key *key)
{
    u32 h = ((u32)(uintptr_t)key->object >> 5) * 0x9E3779B1u ^ (key->page * 0x85EBCA6Bu) ^
            (key->offset * 0xC2B2AE35u);
    return &buckets[(h >> 16 ^ h) % BUCKETS];
}

bool futex_key_same(const struct futex_key *a, const struct futex_key *b)
{
    return a->object == b->object && a->page == b->page && a->offset == b->offset;
}

int futex_key_get(vaddr_t addr, bool shared, struct futex_key *key)
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

void futex_key_put(const struct futex_key *key)
{
    if (key->held)
        key->held->ops->put(key->held);
}

/* The barrier is one half of a bargain: we queue and then read the word; who wakes writes the word and then
 * looks for us, without the lock. One of the two sees the other (R32). */
void futex_waiter_queue(struct futex_waiter *w)
{
    struct futex_bucket *b = futex_bucket_of(&w->key);
    spin_lock(&b->lock);
    w->bucket = b;
    list_push_back(&b->waiters, &w->link);
    spin_unlock(&b->lock);
    memory_barrier();
}

/* A requeue may move it until we hold the right lock. */
bool futex_waiter_leave(struct futex_waiter *w)
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

static bool any_woken(const struct futex_waiter *w, u32 count)
{
    for (u32 i = 0; i < count; i++)
        if (load_acquire(&w[i].woken))
            return true;
    return false;
}

void futex_waiters_sleep(const struct futex_waiter *w, u32 count, u64 deadline)
{
    for (;;) {
        task_set_state(TASK_INTERRUPTIBLE);
        if (any_woken(w, count) || task_signal_pending(current))
            break;
        if (deadline == NO_DEADLINE)
            task_sleep();
        else if (!task_sleep_until(deadline))
            break;
    }
    task_set_state(TASK_RUNNING);
}

static s32 wait_again(void)
{
    const struct thread *t = thread_current();
    return futex_wait(t->restart.at, t->restart.value, t->restart.bitset, t->restart.shared,
                      t->restart.deadline);
}

/* A signal without a handler does not end the wait, and begins no new time: the moment is kept. */
static s32 go_on_later(vaddr_t addr, u32 value, u32 bitset, bool shared, u64 deadline)
{
    struct thread *t = thread_current();
    t->restart.again = wait_again;
    t->restart.deadline = deadline;
    t->restart.at = addr;
    t->restart.value = value;
    t->restart.bitset = bitset;
    t->restart.shared = shared;
    return -ERESTART_BLOCK;
}

s32 futex_wait(vaddr_t addr, u32 value, u32 bitset, bool shared, u64 deadline)
{
    struct futex_waiter w = {.task = current, .bitset = bitset};
    u32 seen = 0;
    might_sleep();
    if (!bitset)
        return -EINVAL;
    int error = futex_key_get(addr, shared, &w.key);
    if (error)
        return error;
    list_init(&w.link);
    futex_waiter_queue(&w);
    error = user_load_u32(addr, &seen);
    if (!error && seen != value)
        error = -EAGAIN;
    if (!error)
        futex_waiters_sleep(&w, 1, deadline);
    bool late = deadline != NO_DEADLINE && clock_ns() >= deadline;
    bool woken = futex_waiter_leave(&w);
    futex_key_put(&w.key); /* a requeue may have replaced it, reference and all */
    if (woken)
        return 0;
    if (error)
        return error;
    if (late)
        return -ETIMEDOUT;
    return deadline == NO_DEADLINE ? -ERESTARTSYS : go_on_later(addr, value, bitset, shared, deadline);
}

u32 futex_wake_locked(struct futex_bucket *b, const struct futex_key *key, u32 count, u32 bitset)
{
    struct futex_waiter *w, *next;
    u32 woken = 0;
    spin_assert_held(&b->lock);
    list_for_each_safe (w, next, &b->waiters, link) {
        if (woken == count)
            break;
        if (!futex_key_same(&w->key, key) || !(w->bitset & bitset))
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
    int error = futex_key_get(addr, shared, &key);
    if (error)
        return error;
    struct futex_bucket *b = futex_bucket_of(&key);
    u32 woken = 0;
    memory_barrier(); /* the caller's store to the word comes before our look; see futex_waiter_queue() */
    if (READ_ONCE(b->waiters.next) != &b->waiters) {
        spin_lock(&b->lock);
        woken = futex_wake_locked(b, &key, count, bitset);
        spin_unlock(&b->lock);
    }
    futex_key_put(&key);
    return (s32)woken;
}
