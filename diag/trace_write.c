/* The writers: each fills in the record of its event by field name, in place. Their prototypes are
 * diag/trace.h's. */
#include "diag/assert.h"
#include "diag/trace_internal.h"
#include "lib/string.h"

#define NAME_MAX_TRACED 47u
#define PRIO_NICE_0     120

/* A record reserved as `rec`, then its fields set by the statements given, then committed. Its `bytes` grow
 * when a string follows it, for which `room` is reserved. */
#define WRITE(ev, event, room, ...)                                                                          \
    do {                                                                                                     \
        struct trace_slot slot_;                                                                             \
        static_assert(sizeof(struct trace_rec_##event) + (room) <= TRACE_RECORD_MAX, "length");              \
        u32 bytes = sizeof(struct trace_rec_##event);                                                        \
        struct trace_rec_##event *rec = (void *)trace_reserve(&slot_, ev, bytes + (room));                   \
        if (likely(rec != NULL)) {                                                                           \
            __VA_ARGS__                                                                                      \
            trace_commit(&slot_, bytes);                                                                     \
        }                                                                                                    \
    } while (0)

/* Both events are the same record under another name. */
#define SAME_RECORD(a, b)                                                                                    \
    static_assert(sizeof(struct trace_rec_##a) == sizeof(struct trace_rec_##b), "the same record")
SAME_RECORD(sched_waking, sched_wakeup);
SAME_RECORD(lock_contended, lock_acquired);
SAME_RECORD(lock_contended, lock_release);
SAME_RECORD(mmap_lock_start_locking, mmap_lock_released);
SAME_RECORD(page_fault_user, page_fault_kernel);

#define NAME_ROOM (NAME_MAX_TRACED + 1)
/* Copies `s` behind a record of *bytes bytes, padded to words, which *bytes then counts; returns the
 * __data_loc word: offset, and above it the length with the NUL. One pass: measuring first would double the
 * cost. */
static always_inline u32 name_put(void *rec, u32 *bytes, const char *s)
{
    u32 start = *bytes, n = 0;
    char *to = (char *)rec + start;
    while (n < NAME_MAX_TRACED && (to[n] = s[n]) != 0)
        n++;
    to[n++] = 0;
    *bytes = start + ALIGN_UP(n, 4u);
    for (u32 pad = n; pad % 4 != 0; pad++)
        to[pad] = 0;
    return start | n << 16;
}

/* enum task_state (sched/task.h: running, interruptible, killable, uninterruptible, dead) in Linux's bits. */
static u32 linux_state(u32 state)
{
    static const u8 bits[] = {0, 1, 2, 2, 16};
    return state < ARRAY_SIZE(bits) ? bits[state] : 0;
}

void trace_write_sched_switch(s32 prev_pid, const char *prev_comm, u32 prev_state, s32 next_pid,
                              const char *next_comm)
{
    WRITE(TRACE_sched_switch, sched_switch, 0, {
        memcpy(rec->prev_comm, prev_comm, sizeof rec->prev_comm);
        rec->prev_pid = prev_pid;
        rec->prev_prio = PRIO_NICE_0;
        rec->prev_state = linux_state(prev_state);
        memcpy(rec->next_comm, next_comm, sizeof rec->next_comm);
        rec->next_pid = next_pid;
        rec->next_prio = PRIO_NICE_0;
        slot_.ring->running = next_pid;
        trace_remember_task(next_pid, next_comm);
    });
}

void trace_write_sched_wakeup(enum trace_event ev, s32 pid, const char *comm, u32 target_cpu)
{
    assert(ev == TRACE_sched_waking || ev == TRACE_sched_wakeup);
    WRITE(ev, sched_wakeup, 0, {
        memcpy(rec->comm, comm, sizeof rec->comm);
        rec->pid = pid;
        rec->prio = PRIO_NICE_0;
        rec->target_cpu = (s32)target_cpu;
    });
}

static void write_named_lock(enum trace_event ev, u32 lock, const char *name)
{
    WRITE(ev, lock_contended, NAME_ROOM, {
        rec->name = name_put(rec, &bytes, name);
        rec->lockdep_addr = lock;
    });
}

static void write_lock_acquire(u32 lock, u32 flags, const char *name)
{
    WRITE(TRACE_lock_acquire, lock_acquire, NAME_ROOM, {
        rec->flags = flags;
        rec->name = name_put(rec, &bytes, name);
        rec->lockdep_addr = lock;
    });
}

void trace_write_lock(enum trace_event ev, const void *lock, u32 flags, const char *name)
{
    u32 address = (u32)(uintptr_t)lock;
    switch (ev) {
    case TRACE_contention_begin:
        WRITE(ev, contention_begin, 0, {
            rec->lock_addr = address;
            rec->flags = flags;
        });
        break;
    case TRACE_contention_end:
        WRITE(ev, contention_end, 0, {
            rec->lock_addr = address;
            rec->ret = (s32)flags;
        });
        break;
    case TRACE_lock_acquire:
        write_lock_acquire(address, flags, name);
        break;
    default:
        assert(ev == TRACE_lock_contended || ev == TRACE_lock_acquired || ev == TRACE_lock_release);
        write_named_lock(ev, address, name);
    }
}

/* A spinlock knows its CPU only; who runs there holds it. */
static s32 running_on(s32 cpu)
{
    if (cpu < 0 || (u32)cpu >= trace_region->cpus)
        return -1;
    return READ_ONCE(per_cpu(trace_rings, cpu)->running);
}

void trace_write_lock_wait(const void *lock, const char *name, u32 flags, s32 owner_pid, s32 owner_cpu,
                           vaddr_t ip)
{
    WRITE(TRACE_lock_wait, lock_wait, NAME_ROOM, {
        rec->lock_addr = (u32)(uintptr_t)lock;
        rec->name = name_put(rec, &bytes, name);
        rec->flags = flags;
        rec->owner_pid = owner_pid >= 0 ? owner_pid : running_on(owner_cpu);
        rec->owner_cpu = owner_cpu;
        rec->ip = ip;
    });
}

void trace_write_mmap_lock(enum trace_event ev, const void *lock, bool write)
{
    u32 mm = (u32)(uintptr_t)lock;
    if (ev == TRACE_mmap_lock_acquire_returned) {
        WRITE(ev, mmap_lock_acquire_returned, 0, {
            rec->mm = mm;
            rec->write = write;
            rec->success = 1;
        });
        return;
    }
    assert(ev == TRACE_mmap_lock_start_locking || ev == TRACE_mmap_lock_released);
    WRITE(ev, mmap_lock_start_locking, 0, {
        rec->mm = mm;
        rec->write = write;
    });
}

void trace_write_fault(enum trace_event ev, vaddr_t address, vaddr_t ip, u32 error_code)
{
    assert(ev == TRACE_page_fault_user || ev == TRACE_page_fault_kernel);
    WRITE(ev, page_fault_user, 0, {
        rec->address = address;
        rec->ip = ip;
        rec->error_code = error_code;
    });
}

void trace_write_fault_phase(u32 fault, u32 phase, vaddr_t address, u32 outcome)
{
    WRITE(TRACE_fault_phase, fault_phase, 0, {
        rec->fault = fault;
        rec->phase = phase;
        rec->address = address;
        rec->outcome = outcome;
    });
}

void trace_write_race_point(u32 id, vaddr_t ip)
{
    WRITE(TRACE_race_point, race_point, 0, {
        rec->race = id;
        rec->ip = ip;
    });
}

void trace_write_shootdown(vaddr_t start, vaddr_t end, u32 mask, u32 answered)
{
    WRITE(TRACE_shootdown, shootdown, 0, {
        rec->start = start;
        rec->end = end;
        rec->mask = mask;
        rec->answered = answered;
    });
}

void trace_write_tlb_flush(s32 reason, u32 pages)
{
    WRITE(TRACE_tlb_flush, tlb_flush, 0, {
        rec->reason = reason;
        rec->pages = pages;
    });
}

void trace_write_page(enum trace_event ev, pfn_t pfn, u32 flags)
{
    if (ev == TRACE_mm_page_alloc) {
        WRITE(ev, mm_page_alloc, 0, {
            rec->pfn = pfn;
            rec->order = 0;
            rec->gfp_flags = flags;
        });
        return;
    }
    assert(ev == TRACE_mm_page_free);
    WRITE(ev, mm_page_free, 0, {
        rec->pfn = pfn;
        rec->order = 0;
    });
}
