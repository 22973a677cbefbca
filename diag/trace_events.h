/*
 * Every event's fields, once. From this table come the records that the writers fill in by field name
 * (diag/trace_write.c) and the format texts that tell the host where each field lies (diag/trace_format.c);
 * so the two cannot disagree. Names, order and meaning are Linux's for Linux's events; widths are ours
 * (addresses are u32).
 *
 *     F(event, C type, type as printed, name)    one word
 *     A(event, name)                             char name[16]
 *     P(event, name)                             the address of a text in the image, as a 64-bit kernel has
 *                                                it; the file carries these texts where Linux's carries
 *                                                those of trace_printk
 *     W(event, name, n)                          n words
 */
#pragma once
#include "diag/trace.h"
#include "lib/compiler.h"

// clang-format off

/* prev_state: Linux's bits, 0 runs on, 1 interruptible, 2 uninterruptible, 16 dead. prio: 120, which is nice 0. */
#define FIELDS_sched_switch(e, F, A, P, W) \
    A(e, prev_comm) F(e, s32, pid_t, prev_pid) F(e, s32, int, prev_prio) F(e, u32, u32, prev_state) \
    A(e, next_comm) F(e, s32, pid_t, next_pid) F(e, s32, int, next_prio)
#define FIELDS_sched_waking(e, F, A, P, W) \
    A(e, comm) F(e, s32, pid_t, pid) F(e, s32, int, prio) F(e, s32, int, target_cpu)
#define FIELDS_sched_wakeup FIELDS_sched_waking
/* flags: SPIN 1, READ 2, WRITE 4, MUTEX 32. */
#define FIELDS_contention_begin(e, F, A, P, W) F(e, u32, u32, lock_addr) F(e, u32, unsigned int, flags)
/* ret: 0 the lock is held now, negative errno it is not. */
#define FIELDS_contention_end(e, F, A, P, W) F(e, u32, u32, lock_addr) F(e, s32, int, ret)
/* flags: try 1, read 2. */
#define FIELDS_lock_acquire(e, F, A, P, W) F(e, u32, unsigned int, flags) P(e, name) F(e, u32, u32, lockdep_addr)
#define FIELDS_lock_contended(e, F, A, P, W) P(e, name) F(e, u32, u32, lockdep_addr)
#define FIELDS_lock_acquired FIELDS_lock_contended
#define FIELDS_lock_release FIELDS_lock_contended
/* flags: contention_begin's. The owner is who held it when the wait began; pid -1, cpu -1: unknown. */
#define FIELDS_lock_wait(e, F, A, P, W) \
    F(e, u32, u32, lock_addr) P(e, name) F(e, u32, unsigned int, flags) F(e, s32, pid_t, owner_pid) F(e, s32, int, owner_cpu) F(e, u32, u32, ip)
/* Of whoever lets go of a lock that others wait for. flags: READ, with others, or WRITE, alone. held: for how many cycles, 0 unknown; ip: where it was taken. */
#define FIELDS_lock_held(e, F, A, P, W) \
    F(e, u32, u32, lock_addr) P(e, name) F(e, u32, unsigned int, flags) F(e, u32, u32, held) F(e, u32, u32, ip)
/* mm: the address of its mmap_lock, by which the lock's other events name it. write: 1 for an exclusive hold. */
#define FIELDS_mmap_lock_start_locking(e, F, A, P, W) F(e, u32, u32, mm) F(e, u32, u32, write)
#define FIELDS_mmap_lock_acquire_returned(e, F, A, P, W) F(e, u32, u32, mm) F(e, u32, u32, write) F(e, u32, u32, success)
#define FIELDS_mmap_lock_released FIELDS_mmap_lock_start_locking
#define FIELDS_page_fault_user(e, F, A, P, W) F(e, u32, u32, address) F(e, u32, u32, ip) F(e, u32, u32, error_code)
#define FIELDS_page_fault_kernel FIELDS_page_fault_user
/* fault: the task's fault number; outcome: enum fault_result at exit, else the phase's own value; ip: the
 * place in the kernel. */
#define FIELDS_fault_phase(e, F, A, P, W) F(e, u32, u32, fault) F(e, u32, u32, phase) F(e, u32, u32, address) F(e, u32, u32, outcome) F(e, u32, u32, ip)
#define FIELDS_race_point(e, F, A, P, W) F(e, u32, u32, race) F(e, u32, u32, ip)
/* mask: CPUs 0-31 that use the space; answered: how many were interrupted, and have flushed. */
#define FIELDS_shootdown(e, F, A, P, W) F(e, u32, u32, start) F(e, u32, u32, end) F(e, u32, u32, mask) F(e, u32, u32, answered)
/* reason: enum tlb_flush_reason; pages -1: all of the user's. */
#define FIELDS_tlb_flush(e, F, A, P, W) F(e, s32, int, reason) F(e, u64, unsigned long, pages)
#define FIELDS_mm_page_alloc(e, F, A, P, W) F(e, u32, u32, pfn) F(e, u32, unsigned int, order) F(e, u32, u32, gfp_flags)
#define FIELDS_mm_page_free(e, F, A, P, W) F(e, u32, u32, pfn) F(e, u32, unsigned int, order)
#define FIELDS_irq_handler_entry(e, F, A, P, W) F(e, s32, int, irq) P(e, name)
/* ret: 1 the interrupt had a handler. */
#define FIELDS_irq_handler_exit(e, F, A, P, W) F(e, s32, int, irq) F(e, s32, int, ret)
#define FIELDS_local_timer_entry(e, F, A, P, W) F(e, s32, int, vector)
#define FIELDS_local_timer_exit FIELDS_local_timer_entry
#define FIELDS_call_function_entry FIELDS_local_timer_entry
#define FIELDS_call_function_exit FIELDS_local_timer_entry
#define FIELDS_sys_enter(e, F, A, P, W) F(e, s32, int, id) W(e, args, 6)
#define FIELDS_sys_exit(e, F, A, P, W) F(e, s32, int, id) F(e, s32, int, ret)

#define STATE_TEXT_ "REC->prev_state ? __print_flags(REC->prev_state, \"|\", { 0x1, \"S\" }, { 0x2, \"D\" }, { 0x10, \"X\" }) : \"R\""
#define WAKE_TEXT_ "\"comm=%s pid=%d prio=%d target_cpu=%03d\", REC->comm, REC->pid, REC->prio, REC->target_cpu"
#define LOCK_TEXT_ "\"%p %s\", REC->lockdep_addr, REC->name"
#define KIND_TEXT_ "__print_flags(REC->flags, \"|\", { 0x1, \"SPIN\" }, { 0x2, \"READ\" }, { 0x4, \"WRITE\" }, { 0x20, \"MUTEX\" })"
#define MMAP_LOCK_TEXT_ "\"mm=0x%08x write=%s\", REC->mm, REC->write ? \"true\" : \"false\""
#define VECTOR_TEXT_ "\"vector=%d\", REC->vector"
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
      "(REC->flags & 2) ? \"read \" : \"\", REC->name") \
    E(lock, lock_contended, LOCK_TEXT_) \
    E(lock, lock_acquired, LOCK_TEXT_) \
    E(lock, lock_release, LOCK_TEXT_) \
    E(faultline, lock_wait, "\"%s at %pS (flags=%s) held by pid %d on cpu %d, asked from %pS\", REC->name, " \
      "REC->lock_addr, " KIND_TEXT_ ", REC->owner_pid, REC->owner_cpu, REC->ip") \
    E(faultline, lock_held, "\"%s at %pS (flags=%s) held for %u cycles, taken at %pS\", REC->name, " \
      "REC->lock_addr, " KIND_TEXT_ ", REC->held, REC->ip") \
    E(mmap_lock, mmap_lock_start_locking, MMAP_LOCK_TEXT_) \
    E(mmap_lock, mmap_lock_acquire_returned, "\"mm=0x%08x write=%s success=%s\", REC->mm, REC->write ? \"true\" : \"false\", " \
      "REC->success ? \"true\" : \"false\"") \
    E(mmap_lock, mmap_lock_released, MMAP_LOCK_TEXT_) \
    E(exceptions, page_fault_user, FAULT_TEXT_) \
    E(exceptions, page_fault_kernel, FAULT_TEXT_) \
    E(faultline, fault_phase, "\"fault %u %s address=0x%08x outcome=%u at %pS\", REC->fault, __print_symbolic(REC->phase, " \
      "{ 0, \"entry\" }, { 1, \"irq_on\" }, { 2, \"lookup\" }, { 3, \"pt_alloc\" }, { 4, \"alloc\" }, { 5, \"io\" }, " \
      "{ 6, \"ask\" }, { 7, \"relock\" }, { 8, \"recheck_won\" }, { 9, \"recheck_lost\" }, { 10, \"install\" }, " \
      "{ 11, \"flush\" }, { 12, \"retry\" }, { 13, \"exit\" }), REC->address, REC->outcome, REC->ip") \
    E(faultline, race_point, "\"R%02u at %pS\", REC->race, REC->ip") \
    E(faultline, shootdown, "\"0x%08x-0x%08x cpus=0x%x answered=%u\", REC->start, REC->end, REC->mask, REC->answered") \
    E(tlb, tlb_flush, "\"pages:%ld reason:%s (%d)\", REC->pages, __print_symbolic(REC->reason, { 0, \"flush on task switch\" }, " \
      "{ 1, \"remote shootdown\" }, { 2, \"local shootdown\" }, { 3, \"local mm shootdown\" }, { 4, \"remote ipi send\" }), REC->reason") \
    E(kmem, mm_page_alloc, "\"pfn=0x%x order=%u gfp_flags=0x%x\", REC->pfn, REC->order, REC->gfp_flags") \
    E(kmem, mm_page_free, "\"pfn=0x%x order=%u\", REC->pfn, REC->order") \
    E(irq, irq_handler_entry, "\"irq=%d name=%s\", REC->irq, REC->name") \
    E(irq, irq_handler_exit, "\"irq=%d ret=%s\", REC->irq, REC->ret ? \"handled\" : \"unhandled\"") \
    E(irq_vectors, local_timer_entry, VECTOR_TEXT_) \
    E(irq_vectors, local_timer_exit, VECTOR_TEXT_) \
    E(irq_vectors, call_function_entry, VECTOR_TEXT_) \
    E(irq_vectors, call_function_exit, VECTOR_TEXT_) \
    E(raw_syscalls, sys_enter, "\"NR %d (%x, %x, %x, %x, %x, %x)\", REC->id, REC->args[0], REC->args[1], REC->args[2], " \
      "REC->args[3], REC->args[4], REC->args[5]") \
    E(raw_syscalls, sys_exit, "\"NR %d = %d\", REC->id, REC->ret")

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
#define TRACE_P_(e, name)              u64 name;
#define TRACE_W_(e, name, n)           u32 name[n];
#define E(system, event, text)                                                                               \
    struct trace_rec_##event {                                                                               \
        struct trace_common common;                                                                          \
        FIELDS_##event(event, TRACE_F_, TRACE_A_, TRACE_P_, TRACE_W_)                                        \
    };
TRACE_EVENT_LIST(E)
#undef E
#undef TRACE_F_
#undef TRACE_A_
#undef TRACE_P_
#undef TRACE_W_
