/* The writers: each fills in the record of its event by field name, in place. Their prototypes are
 * diag/trace.h's. */
#include "diag/assert.h"
#include "diag/trace_events.h"
#include "diag/trace_internal.h"
#include "lib/string.h"

#define NAME_MAX_TRACED 47u
#define PRIO_NICE_0     120

/* A record reserved as `rec`, then its fields set by the statements given, then committed. */
#define WRITE(ev, event, extra, ...)                                                                         \
    do {                                                                                                     \
        irqflags_t flags_;                                                                                   \
        static_assert(sizeof(struct trace_rec_##event) + NAME_MAX_TRACED + 1 <= TRACE_RECORD_MAX, "length"); \
        struct trace_rec_##event *rec = trace_reserve(ev, sizeof *rec + (extra), &flags_);                   \
        if (rec) {                                                                                           \
            __VA_ARGS__                                                                                      \
            trace_commit(flags_);                                                                            \
        }                                                                                                    \
    } while (0)

/* Both events are the same record under another name. */
#define SAME_RECORD(a, b)                                                                                    \
    static_assert(sizeof(struct trace_rec_##a) == sizeof(struct trace_rec_##b), "the same record")
SAME_RECORD(sched_waking, sched_wakeup);
SAME_RECORD(lock_contended, lock_acquired);
SAME_RECORD(lock_contended, lock_release);
SAME_RECORD(page_fault_user, page_fault_kernel);

/* Strings stand behind the record, padded to words. */
static u32 string_room(u32 length)
{
    return ALIGN_UP(length + 1, 4u);
}
static u32 string_put(void *rec, u32 record_bytes, const char *s, u32 length)
{
    char *to = (char *)rec + record_bytes;
    for (u32 i = 0; i < length; i++)
        to[i] = s[i];
    for (u32 i = length; i < string_room(length); i++)
        to[i] = 0;
    return record_bytes | (length + 1) << 16; /* __data_loc: offset, length with the NUL */
}
static u32 traced_length(const char *s)
{
    u32 n = 0;
    while (n < NAME_MAX_TRACED && s[n])
        n++;
    return n;
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
    u32 length = traced_length(name);
    WRITE(ev, lock_contended, string_room(length), {
        rec->name = string_put(rec, sizeof *rec, name, length);
        rec->lockdep_addr = lock;
    });
}

static void write_lock_acquire(u32 lock, u32 flags, const char *name)
{
    u32 length = traced_length(name);
    WRITE(TRACE_lock_acquire, lock_acquire, string_room(length), {
        rec->flags = flags;
        rec->name = string_put(rec, sizeof *rec, name, length);
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

void trace_write_lock_wait(const void *lock, const char *name, u32 mode, s32 owner_pid, s32 owner_cpu,
                           vaddr_t ip)
{
    u32 length = traced_length(name);
    WRITE(TRACE_lock_wait, lock_wait, string_room(length), {
        rec->lock_addr = (u32)(uintptr_t)lock;
        rec->name = string_put(rec, sizeof *rec, name, length);
        rec->mode = mode;
        rec->owner_pid = owner_pid;
        rec->owner_cpu = owner_cpu;
        rec->ip = ip;
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

void trace_write_shootdown(vaddr_t start, vaddr_t end, u32 mask, u32 acked)
{
    WRITE(TRACE_shootdown, shootdown, 0, {
        rec->start = start;
        rec->end = end;
        rec->mask = mask;
        rec->acked = acked;
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
