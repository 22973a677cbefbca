/* Lays out the trace region once the CPUs are known, and publishes it. */
#include "arch/clock.h"
#include "arch/memmap.h"
#include "diag/assert.h"
#include "diag/bootwords.h"
#include "diag/panic.h"
#include "diag/printk.h"
#include "diag/trace_control.h"
#include "diag/trace_internal.h"
#include "lib/format.h"
#include "lib/string.h"
#ifndef FL_HOST
#include "diag/symbols_table.h"
#endif

static void *memory;
static u32 memory_bytes;
static char trace_word[WORD_TEXT_MAX];
BOOT_TEXT(trace,
          "events to record: a comma list of globs (lock:*,sched_*), all, or off; /proc/trace changes it",
          trace_word);

/* What is still free of the region while it is laid out. */
struct layout {
    u32 used;
    bool full;
};
/* `bytes` at a multiple of `align`, zeroed; 0 when they do not fit. */
static u32 take(struct layout *layout, u32 bytes, u32 align)
{
    u32 start = ALIGN_UP(layout->used, align);
    if (layout->full || start > memory_bytes || bytes > memory_bytes - start) {
        layout->full = true;
        return 0;
    }
    layout->used = start + bytes;
    memset((u8 *)memory + start, 0, bytes);
    return start;
}

#ifdef FL_HOST
/* The explorer's image has no table of its own, and its memory is nobody's RAM file. */
static void lay_out_symbols(struct trace_region *region, struct layout *layout) {}
static void lay_out_counters(struct trace_region *region, struct layout *layout) {}
static void say_where_texts_lie(struct trace_region *region) {}
#else
static void say_where_texts_lie(struct trace_region *region)
{
    region->texts_vaddr = KWINDOW_BASE;
    region->texts_paddr = 0;
    region->texts_bytes = KWINDOW_END - KWINDOW_BASE;
}

static u32 take_copy(struct layout *layout, const void *from, u32 bytes, u32 align)
{
    u32 start = take(layout, bytes, align);
    if (start)
        memcpy((u8 *)memory + start, from, bytes);
    return start;
}

static void lay_out_symbols(struct trace_region *region, struct layout *layout)
{
    /* The boot part runs at its physical addresses: with its names, user addresses would be named after it.
     */
    u32 skipped = 0;
    while (skipped < symbol_table.functions && vaddr_is_user(symbol_table.address[skipped]))
        skipped++;
    region->symbols = symbol_table.functions - skipped;
    region->symbol_address_at = take_copy(layout, symbol_table.address + skipped, 4 * region->symbols, 4);
    region->symbol_name_at = take_copy(layout, symbol_table.name_at + skipped, 4 * region->symbols, 4);
    region->names_bytes = symbol_table.name_bytes;
    region->names_at = take_copy(layout, symbol_table.names, region->names_bytes, 4);
}

/* The counters themselves stay where they are, in the image, which lies at the window's start. */
static void lay_out_counters(struct trace_region *region, struct layout *layout)
{
    region->counters_paddr = (u32)(uintptr_t)&per_cpu(counters, 0) - KWINDOW_BASE;
    region->counters_stride = sizeof counters[0];
    region->counters = COUNTER_COUNT;
    for (u32 c = 0; c < COUNTER_COUNT; c++) {
        u32 bytes = (u32)strlen(counter_names[c]) + 1;
        u32 name_at = take_copy(layout, counter_names[c], bytes, 1);
        if (c == 0)
            region->counter_names_at = name_at;
        region->counter_names_bytes += bytes;
    }
}
#endif

/* All that is left, in equal shares; false when a CPU would get less than two pages. */
static bool lay_out_rings(struct trace_region *region, struct layout *layout, u32 cpus)
{
    region->rings_at = take(layout, cpus * sizeof(struct trace_ring), 64);
    if (layout->full)
        return false;
    u32 first = ALIGN_UP(layout->used, 4u);
    u32 pages = (memory_bytes - first) / cpus / (TRACE_PAGE_SIZE + 4);
    struct trace_ring *ring = (struct trace_ring *)((u8 *)memory + region->rings_at);
    for (u32 cpu = 0; cpu < cpus; cpu++)
        ring[cpu].first_at = take(layout, 4 * pages, 4);
    layout->used = ALIGN_UP(layout->used, TRACE_PAGE_SIZE);
    pages = MIN(pages, (memory_bytes - MIN(layout->used, memory_bytes)) / TRACE_PAGE_SIZE / cpus);
    for (u32 cpu = 0; cpu < cpus; cpu++) {
        ring[cpu].pages = pages;
        ring[cpu].running = -1;
        ring[cpu].tasks = (struct trace_task *)((u8 *)memory + region->tasks_at) + cpu * TRACE_TASK_SLOTS;
        ring[cpu].limit = ring[cpu].end = memory;
        ring[cpu].next = ring[cpu].end + 1; /* full: the first write begins the first page */
        ring[cpu].pages_at =
            layout->used + cpu * pages * TRACE_PAGE_SIZE; /* not zeroed: begin_page does it */
    }
    return !layout->full && pages >= 2;
}

void trace_init(void *place, size_t bytes)
{
    assert((uintptr_t)place % TRACE_PAGE_SIZE == 0);
    assert(!memory);
    memory = place;
    memory_bytes = bytes;
}

/* From here on events can be written. */
static void publish(struct trace_region *region)
{
    struct trace_ring *ring = (struct trace_ring *)((u8 *)region + region->rings_at);

    memcpy(region->magic, TRACE_MAGIC, sizeof region->magic);
    for (u32 c = 0; c < COUNTER_COUNT; c++)
        region->first_counts[c] = counter_sum(c);
    __atomic_store_n(&trace_region, region, __ATOMIC_RELEASE);
    for (u32 cpu = 0; cpu < region->cpus; cpu++)
        __atomic_store_n(&cpu_local_of(cpu)->trace, ring + cpu, __ATOMIC_RELEASE);
}

void trace_start(void)
{
    u32 cpus = cpu_count();
    struct layout layout = {0};
    if (!memory || trace_region)
        return;
    if (memory_bytes < sizeof(struct trace_region))
        return;
    struct trace_region *region = (void *)((u8 *)memory + take(&layout, sizeof *region, 64));
    region->version = TRACE_VERSION;
    region->bytes = memory_bytes;
    region->cpus = cpus;
    region->page_size = TRACE_PAGE_SIZE;
    region->cycles_per_second = clock_cycles_per_sec();
    region->first_cycles = cpu_cycles();
    region->base = (u32)(uintptr_t)memory;
    say_where_texts_lie(region);
    region->formats_bytes = trace_formats_write(NULL, 0);
    region->formats_at = take(&layout, region->formats_bytes, 4);
    if (region->formats_at)
        trace_formats_write((char *)memory + region->formats_at, region->formats_bytes);
    lay_out_symbols(region, &layout);
    lay_out_counters(region, &layout);
    region->tasks_at = take(&layout, cpus * TRACE_TASK_SLOTS * sizeof(struct trace_task), 4);
    if (!lay_out_rings(region, &layout, cpus)) {
        printk("trace: %u KiB are too little for %u CPUs; nothing is recorded\n", memory_bytes >> 10, cpus);
        return;
    }
    publish(region);
#ifndef FL_HOST
    control_record("trace 0x%08x %u", direct_to_phys(memory), memory_bytes);
#endif
    if (trace_word[0] && trace_control(trace_word) != 0)
        boot_refuse("trace=%s: no event has such a name", trace_word);
}
