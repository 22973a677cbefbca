/* Event counters, per CPU, summed on reading: /proc/vmstat's lines. A counter is declared in the list, no
 * where else. */
#pragma once
#include "arch/cpu.h"

/* Laid out by hand: one group a line. */
/* clang-format off */
#define COUNTERS(C)                                                                                          \
    C(pgfault) C(pgfault_anon) C(pgfault_zero) C(pgfault_cow) C(pgfault_reuse) C(pgfault_file)               \
    C(pgfault_file_read) C(pgfault_file_cow) C(pgfault_shared) C(pgfault_spurious) C(pgfault_stack)          \
    C(pgfault_segv) C(pgfault_sigbus) C(pgfault_oom) C(pgfault_retry) C(pgfault_kernel_fixup)                \
    C(recheck_lost_pte) C(recheck_lost_pt) C(recheck_lost_cache)                                             \
    C(pt_alloc) C(pt_free) C(pgalloc) C(pgfree) C(pcp_refill) C(pcp_drain) C(allocstall)                                 \
    C(shootdown) C(shootdown_ipi) C(shootdown_pages) C(shootdown_full)                                       \
    C(flush_made) C(flush_spared)                                                                            \
    C(context_switch) C(preempt) C(wakeup) C(wakeup_remote) C(steal) C(crosscall) C(timer_tick)              \
    C(tick_user) C(tick_idle) C(irq_device) C(irq_resched) C(irq_call) C(cache_add) C(cache_drop)            \
    C(syscall) C(fork) C(exec) C(exit) C(oom_kill)
/* clang-format on */

enum counter {
#define C(name) COUNT_##name,
    COUNTERS(C)
#undef C
        COUNTER_COUNT
};

struct counters {
    u32 n[COUNTER_COUNT];
};
extern PERCPU(struct counters, counters);
extern const char *const counter_names[COUNTER_COUNT];

#define count_event(name) own_word_add(&cpu_local_counters()->n[COUNT_##name], 1)
u32 counter_sum(enum counter c);
u32 counter_of(u32 cpu, enum counter c);
