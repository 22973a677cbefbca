/*
 * The trace region as it lies in memory, for its only other reader: tools/trace/region.py, which finds it in
 * guest RAM and must agree with every offset here. All places are offsets from the region's start, so that it
 * can be read wherever it lies, in a file that the explorer wrote as well as in a guest's memory.
 *
 *     trace_region | formats | symbols | task tables | trace_ring per CPU | page starts | pages, CPU by CPU
 *
 * Each page is one of Linux's ring-buffer pages as a 64-bit kernel writes it (kernel/trace/ring_buffer.c
 * describes the format; a running Linux prints it in events/header_page and events/header_event), so that it
 * goes into trace.dat as it is.
 */
#pragma once
#include "diag/counters.h"
#include "lib/compiler.h"

#define TRACE_MAGIC      "FLTRACE" /* with its NUL: 8 bytes */
#define TRACE_VERSION    3u
#define TRACE_PAGE_SIZE  4096u
#define TRACE_PAGE_DATA  (TRACE_PAGE_SIZE - 16u)
#define TRACE_TASK_SLOTS 256u /* per CPU; a task's is its pid modulo this */

struct trace_page;

struct trace_region {
    char magic[8]; /* written last: a region without it is not ready */
    u32 version;
    u32 bytes;
    u32 cpus;
    u32 page_size;
    u64 cycles_per_second;
    u64 first_cycles;              /* the TSC when tracing began */
    u32 formats_at, formats_bytes; /* for each event "SYSTEM\n", the text of its format file, NUL */
    u32 symbols;                   /* how many */
    u32 symbol_address_at;         /* u32 each, ascending */
    u32 symbol_name_at;            /* u32 each: offset into the names */
    u32 names_at, names_bytes;
    u32 tasks_at; /* struct trace_task [cpus][TRACE_TASK_SLOTS] */
    u32 rings_at; /* struct trace_ring [cpus] */
    /* The kernel's event counters, for the comparison with what was recorded: physical address of CPU 0's,
     * bytes from one CPU's to the next, how many, where their names lie (NUL-terminated each). 0 counters:
     * unknown. */
    u32 counters_paddr, counters_stride, counters, counter_names_at, counter_names_bytes;
    u32 base; /* the region's own virtual address, for the rings' pointers */
    /* Where the texts lie that events point to: the image, at its virtual and physical address. */
    u32 texts_vaddr, texts_paddr, texts_bytes;
    u32 first_counts[COUNTER_COUNT]; /* the sums when tracing began */
};

struct trace_task {
    s32 pid;
    char comm[16];
};

/*
 * Written by its own CPU only; the first line of six is all that an event without a new page touches. A
 * reader that does not stop the writer (the host) takes `begun`, then the pages, then `begun` again: page
 * number n is whole when the second is at most n + pages, as begin_page() counts a page before it touches it.
 * Of the present page, what lies before `next` is whole.
 */
struct trace_ring {
    u8 *next;     /* where the next event goes; moves only when the event before it is complete */
    u8 *end;      /* an event must end before it. NULL: a write is under way, and we are its NMI */
    u32 last_low; /* the TSC of the last event */
    u32 last_high;
    u32 written; /* events, since the start */
    s32 running; /* the task that runs here, as far as the last sched_switch recorded says; -1: unknown */
    struct trace_task *tasks; /* this CPU's table */
    u8 *limit;                /* what `end` is between writes */
    u32 begun;                /* pages begun since the start; page number n lies at n modulo `pages` */
    u32 pages_at, pages;
    u32 first_at; /* u32 for each page: `written` when it was begun, for the count of lost events */
    u32 dropped;  /* events that came while this CPU was in the middle of another: from an NMI */
    u32 refused;  /* events that came when the ring was full, in mode stop */
} cacheline_aligned;

struct trace_page {
    u64 stamp;       /* TSC of the first event */
    u32 commit;      /* bytes of valid data; of the present page 0: the ring's `next` says it */
    u32 commit_high; /* 0 */
    u8 data[TRACE_PAGE_DATA];
};
static_assert(sizeof(struct trace_page) == TRACE_PAGE_SIZE, "ring-buffer pages are copied as they are");
static_assert(offsetof(struct trace_region, cycles_per_second) == 24, "tools/trace/region.py");
static_assert(offsetof(struct trace_region, rings_at) == 72, "tools/trace/region.py");
static_assert(offsetof(struct trace_region, first_counts) == 112, "tools/trace/region.py");
static_assert(offsetof(struct trace_region, base) == 96, "tools/trace/region.py");
static_assert(sizeof(struct trace_task) == 20, "tools/trace/region.py");
static_assert(sizeof(struct trace_ring) == 64, "tools/trace/region.py");
