/* The writers of events about locks. Their prototypes are diag/trace.h's. */
#include "diag/assert.h"
#include "diag/trace_internal.h"

SAME_RECORD(lock_contended, lock_acquired);
SAME_RECORD(lock_contended, lock_release);
SAME_RECORD(mmap_lock_start_locking, mmap_lock_released);

static always_inline u32 word(const void *pointer)
{
    return (u32)(uintptr_t)pointer;
}

in_registers void trace_write_contention_begin(const void *lock, u32 flags)
{
    WRITE(TRACE_contention_begin, contention_begin, {
        rec->lock_addr = word(lock);
        rec->flags = flags;
    });
}

in_registers void trace_write_contention_end(const void *lock, s32 error)
{
    WRITE(TRACE_contention_end, contention_end, {
        rec->lock_addr = word(lock);
        rec->ret = error;
    });
}

in_registers void trace_write_lock_acquire(const void *lock, u32 flags, const char *name)
{
    WRITE(TRACE_lock_acquire, lock_acquire, {
        rec->flags = flags;
        rec->name = word(name);
        rec->lockdep_addr = word(lock);
    });
}

in_registers void trace_write_lock(enum trace_event ev, const void *lock, const char *name)
{
    WRITE(ev, lock_contended, {
        rec->name = word(name);
        rec->lockdep_addr = word(lock);
    });
}

/* A spinlock knows its CPU only; who runs there holds it. */
static s32 running_on(s32 cpu)
{
    if (cpu < 0 || (u32)cpu >= trace_region->cpus)
        return -1;
    return READ_ONCE(trace_ring_of((u32)cpu)->running);
}

in_registers void trace_write_lock_wait(const void *lock, const char *name, u32 flags, s32 owner_pid,
                                        s32 owner_cpu, vaddr_t ip)
{
    WRITE(TRACE_lock_wait, lock_wait, {
        rec->lock_addr = word(lock);
        rec->name = word(name);
        rec->flags = flags;
        rec->owner_pid = owner_pid >= 0 ? owner_pid : running_on(owner_cpu);
        rec->owner_cpu = owner_cpu;
        rec->ip = ip;
    });
}

in_registers void trace_write_lock_held(const void *lock, const char *name, u32 flags, u32 held, vaddr_t ip)
{
    WRITE(TRACE_lock_held, lock_held, {
        rec->lock_addr = word(lock);
        rec->name = word(name);
        rec->flags = flags;
        rec->held = held;
        rec->ip = ip;
    });
}

in_registers void trace_write_mmap_lock(enum trace_event ev, const void *lock, bool write)
{
    WRITE(ev, mmap_lock_start_locking, {
        rec->mm = word(lock);
        rec->write = write;
    });
}

in_registers void trace_write_mmap_lock_acquire_returned(const void *lock, bool write)
{
    WRITE(TRACE_mmap_lock_acquire_returned, mmap_lock_acquire_returned, {
        rec->mm = word(lock);
        rec->write = write;
        rec->success = 1;
    });
}
