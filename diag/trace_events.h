/*
 * Every event's fields, once. From this table come the records that the writers fill in by field name
 * (diag/trace_write.c) and the format texts that tell the host where each field lies (diag/trace_format.c);
 * so the two cannot disagree. Names, order and meaning are Linux's for Linux's events; widths are ours
 * (addresses are u32).
 *
 *     F(event, C type, type as printed, name)    one word
 *     A(event, name)                             char name[16]
 *     S(event, name)                             a string behind the record; the word says where (__data_loc)
 */
#pragma once
#include "diag/trace.h"
#include "lib/compiler.h"

// clang-format off

/* prev_state: Linux's bits, 0 runs on, 1 interruptible, 2 uninterruptible, 16 dead. prio: 120, which is nice 0. */
#define FIELDS_sched_switch(e, F, A, S) \
    A(e, prev_comm) F(e, s32, pid_t, prev_pid) F(e, s32, int, prev_prio) F(e, u32, u32, prev_state) \
    A(e, next_comm) F(e, s32, pid_t, next_pid) F(e, s32, int, next_prio)
#define FIELDS_sched_waking(e, F, A, S) \
    A(e, comm) F(e, s32, pid_t, pid) F(e, s32, int, prio) F(e, s32, int, target_cpu)
#define FIELDS_sched_wakeup FIELDS_sched_waking
/* flags: SPIN 1, READ 2, WRITE 4, MUTEX 32. */
#define FIELDS_contention_begin(e, F, A, S) F(e, u32, u32, lock_addr) F(e, u32, unsigned int, flags)
/* ret: 0 the lock is held now, negative errno it is not. */
#define FIELDS_contention_end(e, F, A, S) F(e, u32, u32, lock_addr) F(e, s32, int, ret)
/* flags: try 1, read 2. */
#define FIELDS_lock_acquire(e, F, A, S) F(e, u32, unsigned int, flags) S(e, name) F(e, u32, u32, lockdep_addr)
#define FIELDS_lock_contended(e, F, A, S) S(e, name) F(e, u32, u32, lockdep_addr)
#define FIELDS_lock_acquired FIELDS_lock_contended
#define FIELDS_lock_release FIELDS_lock_contended
/* flags: contention_begin's. The owner is who held it when the wait began; pid -1, cpu -1: unknown. */
#define FIELDS_lock_wait(e, F, A, S) \
    F(e, u32, u32, lock_addr) S(e, name) F(e, u32, unsigned int, flags) F(e, s32, pid_t, owner_pid) F(e, s32, int, owner_cpu) F(e, u32, u32, ip)
/* mm: the address of its mmap_lock, by which the lock's other events name it. write: 1 for an exclusive hold. */
#define FIELDS_mmap_lock_start_locking(e, F, A, S) F(e, u32, u32, mm) F(e, u32, u32, write)
#define FIELDS_mmap_lock_acquire_returned(e, F, A, S) F(e, u32, u32, mm) F(e, u32, u32, write) F(e, u32, u32, success)
#define FIELDS_mmap_lock_released FIELDS_mmap_lock_start_locking
#define FIELDS_page_fault_user(e, F, A, S) F(e, u32, u32, address) F(e, u32, u32, ip) F(e, u32, u32, error_code)
#define FIELDS_page_fault_kernel FIELDS_page_fault_user
/* fault: the task's fault number; outcome: enum fault_result at exit, else the phase's own value. */
#define FIELDS_fault_phase(e, F, A, S) F(e, u32, u32, fault) F(e, u32, u32, phase) F(e, u32, u32, address) F(e, u32, u32, outcome)
#define FIELDS_race_point(e, F, A, S) F(e, u32, u32, race) F(e, u32, u32, ip)
/* mask: CPUs 0-31 that use the space; answered: how many were interrupted, and have flushed. */
#define FIELDS_shootdown(e, F, A, S) F(e, u32, u32, start) F(e, u32, u32, end) F(e, u32, u32, mask) F(e, u32, u32, answered)
#define FIELDS_tlb_flush(e, F, A, S) F(e, s32, int, reason) F(e, u32, u32, pages)
#define FIELDS_mm_page_alloc(e, F, A, S) F(e, u32, u32, pfn) F(e, u32, unsigned int, order) F(e, u32, u32, gfp_flags)
#define FIELDS_mm_page_free(e, F, A, S) F(e, u32, u32, pfn) F(e, u32, unsigned int, order)

#define STATE_TEXT_ "REC->prev_state ? __print_flags(REC->prev_state, \"|\", { 0x1, \"S\" }, { 0x2, \"D\" }, { 0x10, \"X\" }) : \"R\""
#define WAKE_TEXT_ "\"comm=%s pid=%d prio=%d target_cpu=%03d\", REC->comm, REC->pid, REC->prio, REC->target_cpu"
#define LOCK_TEXT_ "\"%p %s\", REC->lockdep_addr, __get_str(name)"
#define KIND_TEXT_ "__print_flags(REC->flags, \"|\", { 0x1, \"SPIN\" }, { 0x2, \"READ\" }, { 0x4, \"WRITE\" }, { 0x20, \"MUTEX\" })"
#define MMAP_LOCK_TEXT_ "\"mm=0x%08x write=%s\", REC->mm, REC->write ? \"true\" : \"false\""
#define FAULT_TEXT_ "\"address=0x%08x ip=%pS error_code=0x%x\", REC->address, REC->ip, REC->error_code"

/* E(system, event, print text), in the order of enum trace_event. */
#define TRACE_EVENT_LIST(E) \
    E(sched, sched_switch, "\"prev_comm=%s prev_pid=%d prev_prio=%d prev_state=%s ==> next_comm=%s next_pid=%d next_prio=%d\", " \
      "REC->prev_comm, REC->prev_pid, REC->prev_prio, " STATE_TEXT_ ", REC->next_comm, REC->next_pid, REC->next_prio") \
    E(sched, sched_waking, WAKE_TEXT_) \
    E(sched, sched_wakeup, WAKE_TEXT_) \
    E(lock, contention_begin, "\"%pS (flags=%s)\", REC->lock_addr, " KIND_TEXT_) \
    E(lock, contention_end, "\"%pS (ret=%d)\", REC->lock_addr, REC->ret") \
    E(lock, lock_acquire, "\"%p %s%s%s\", REC->lockdep_addr, (REC->flags & 1) ? \"try \" : \"\", " \
      "(REC->flags & 2) ? \"read \" : \"\", __get_str(name)") \
    E(lock, lock_contended, LOCK_TEXT_) \
    E(lock, lock_acquired, LOCK_TEXT_) \
    E(lock, lock_release, LOCK_TEXT_) \
    E(faultline, lock_wait, "\"%s at %pS (flags=%s) held by pid %d on cpu %d, asked from %pS\", __get_str(name), " \
      "REC->lock_addr, " KIND_TEXT_ ", REC->owner_pid, REC->owner_cpu, REC->ip") \
    E(mmap_lock, mmap_lock_start_locking, MMAP_LOCK_TEXT_) \
    E(mmap_lock, mmap_lock_acquire_returned, "\"mm=0x%08x write=%s success=%s\", REC->mm, REC->write ? \"true\" : \"false\", " \
      "REC->success ? \"true\" : \"false\"") \
    E(mmap_lock, mmap_lock_released, MMAP_LOCK_TEXT_) \
    E(exceptions, page_fault_user, FAULT_TEXT_) \
    E(exceptions, page_fault_kernel, FAULT_TEXT_) \
    E(faultline, fault_phase, "\"fault %u %s address=0x%08x outcome=%u\", REC->fault, __print_symbolic(REC->phase, " \
      "{ 0, \"entry\" }, { 1, \"irq_on\" }, { 2, \"lookup\" }, { 3, \"pt_alloc\" }, { 4, \"alloc\" }, { 5, \"io\" }, " \
      "{ 6, \"relock\" }, { 7, \"recheck_won\" }, { 8, \"recheck_lost\" }, { 9, \"install\" }, { 10, \"flush\" }, " \
      "{ 11, \"retry\" }, { 12, \"exit\" }), REC->address, REC->outcome") \
    E(faultline, race_point, "\"R%02u at %pS\", REC->race, REC->ip") \
    E(faultline, shootdown, "\"0x%08x-0x%08x cpus=0x%x answered=%u\", REC->start, REC->end, REC->mask, REC->answered") \
    E(tlb, tlb_flush, "\"pages:%u reason:%d\", REC->pages, REC->reason") \
    E(kmem, mm_page_alloc, "\"pfn=0x%x order=%u gfp_flags=0x%x\", REC->pfn, REC->order, REC->gfp_flags") \
    E(kmem, mm_page_free, "\"pfn=0x%x order=%u\", REC->pfn, REC->order")

// clang-format on

/* What every event begins with. */
struct trace_common {
    u16 type;
    u8 flags; /* 1 interrupts were off, 4 a reschedule is due, 8 in an interrupt, 64 in an NMI */
    u8 preempt_count;
    s32 pid;
};

/* struct trace_rec_EVENT: the record itself. */
#define TRACE_F_(e, ctype, type, name) ctype name;
#define TRACE_A_(e, name)              char name[16];
#define TRACE_S_(e, name)              u32 name;
#define E(system, event, text)                                                                               \
    struct trace_rec_##event {                                                                               \
        struct trace_common common;                                                                          \
        FIELDS_##event(event, TRACE_F_, TRACE_A_, TRACE_S_)                                                  \
    };
TRACE_EVENT_LIST(E)
#undef E
#undef TRACE_F_
#undef TRACE_A_
#undef TRACE_S_
