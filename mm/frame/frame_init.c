/*
 * Boot: from the machine's memory map to zones full of free frames. Runs once, on one CPU, before anything
 * else allocates; the page array is cut out of the memory that it describes.
 */
#include "diag/assert.h"
#include "diag/panic.h"
#include "diag/printk.h"
#include "lib/string.h"
#include "mm/frame/frame_zone.h"
#include "mm/frame/frames.h"
#include "mm/frame/page_lock.h"

struct page *page_array;
u32 page_array_end;
struct page *zero_page;
pfn_t zero_pfn;

#define ADDRESS_END (1ull << 32)
#define LOW_MEMORY  0x00100000u /* below 1 MiB: firmware and the trampoline; never for the page array */

struct boot_map {
    const struct boot_range *usable, *reserved;
    unsigned usable_n, reserved_n;
};

static init_text pfn_t last_frame(const struct boot_map *map)
{
    pfn_t end = 0;
    for (unsigned i = 0; i < map->usable_n; i++)
        end = MAX(end, (pfn_t)(MIN(map->usable[i].end, ADDRESS_END) >> PAGE_SHIFT));
    return end;
}

/* Is [start, end) memory, in the direct map, and nobody's? */
static init_text bool is_free(const struct boot_map *map, u64 start, u64 end)
{
    bool inside = false;
    for (unsigned i = 0; i < map->usable_n && !inside; i++)
        inside = start >= map->usable[i].start && end <= map->usable[i].end;
    for (unsigned i = 0; i < map->reserved_n && inside; i++)
        inside = end <= map->reserved[i].start || start >= map->reserved[i].end;
    return inside && end <= DIRECT_SIZE;
}

/* The lowest free place at or above `from`: it begins where memory begins or where something reserved ends.
 */
static init_text u64 find_place(const struct boot_map *map, u64 from, u64 bytes)
{
    u64 best = ADDRESS_END;
    if (is_free(map, from, from + bytes))
        return from;
    for (unsigned i = 0; i < map->usable_n + map->reserved_n; i++) {
        u64 start = i < map->usable_n ? map->usable[i].start : map->reserved[i - map->usable_n].end;
        start = ALIGN_UP(start, (u64)PAGE_SIZE);
        if (start >= from && start < best && is_free(map, start, start + bytes))
            best = start;
    }
    return best;
}

static init_text void place_array(const struct boot_map *map, struct boot_range *array)
{
    page_array_end = last_frame(map);
    u64 bytes = ALIGN_UP((u64)page_array_end * sizeof(struct page), (u64)PAGE_SIZE);
    u64 start = find_place(map, (u64)DMA_LIMIT_PFN << PAGE_SHIFT, bytes); /* DMA memory is scarce */
    if (start == ADDRESS_END)
        start = find_place(map, LOW_MEMORY, bytes);
    if (start == ADDRESS_END)
        boot_refuse("no room for the page array: %u KiB in one piece", (u32)(bytes >> 10));
    *array = (struct boot_range){.start = (paddr_t)start, .end = start + bytes};
    page_array = phys_to_direct((paddr_t)start);
    memset(page_array, 0, (size_t)bytes);
}

static init_text enum zone_id zone_of(pfn_t pfn)
{
    return pfn < DMA_LIMIT_PFN ? ZONE_DMA : pfn < DIRECT_LIMIT_PFN ? ZONE_NORMAL : ZONE_HIGH;
}

static init_text void mark_usable(const struct boot_range *range)
{
    pfn_t end = (pfn_t)(MIN(range->end, ADDRESS_END) >> PAGE_SHIFT);
    for (pfn_t pfn = ALIGN_UP((u64)range->start, (u64)PAGE_SIZE) >> PAGE_SHIFT; pfn < end; pfn++)
        page_array[pfn].flags = (1u << PG_RAM) | ((u32)zone_of(pfn) << PG_ZONE);
}

static init_text void mark_reserved(const struct boot_range *range)
{
    pfn_t end = (pfn_t)(ALIGN_UP(range->end, (u64)PAGE_SIZE) >> PAGE_SHIFT);
    for (pfn_t pfn = range->start >> PAGE_SHIFT; pfn < MIN(end, page_array_end); pfn++) {
        if (page_array[pfn].flags & (1u << PG_RAM)) {
            page_array[pfn].flags |= 1u << PAGE_RESERVED;
            atomic_set(&page_array[pfn].refs, 1);
        }
    }
}

static inline bool is_for_zones(pfn_t pfn)
{
    return (page_array[pfn].flags & ((1u << PG_RAM) | (1u << PAGE_RESERVED))) == 1u << PG_RAM;
}

/* Maximal runs of free frames, each wholly in one zone. */
static init_text void fill_zones(void)
{
    for (pfn_t pfn = 0, run; pfn < page_array_end; pfn += run) {
        for (run = 0; pfn + run < page_array_end && is_for_zones(pfn + run); run++)
            if (page_zone(&page_array[pfn + run]) != page_zone(&page_array[pfn]))
                break;
        if (run > 0) {
            zone_give_run(&page_array[pfn], run);
            zones[page_zone(&page_array[pfn])].frames += run;
        } else {
            run = 1;
        }
    }
}

init_text void frames_init(const struct boot_range *usable, unsigned n, const struct boot_range *reserved,
                           unsigned reserved_n)
{
    const struct boot_map map = {usable, reserved, n, reserved_n};
    const struct boot_range first_page = {
        0, PAGE_SIZE}; /* the firmware's, and frame 0 looks like an empty PTE */
    struct boot_range array;

    assert(!page_array);
    zones_init();
    page_lock_init();
    place_array(&map, &array);
    for (unsigned i = 0; i < n; i++)
        mark_usable(&usable[i]);
    for (unsigned i = 0; i < reserved_n; i++)
        mark_reserved(&reserved[i]);
    mark_reserved(&first_page);
    mark_reserved(&array);
    fill_zones();
    zones_ready();

    zero_page = page_alloc(GFP_KERNEL | GFP_ZERO);
    if (!zero_page)
        boot_refuse("no memory for the first frame: %u frames in all", page_array_end);
    zero_pfn = page_pfn(zero_page);
    page_reserve(zero_page);
    page_bit_set(zero_page, PAGE_UPTODATE);
    printk("memory: %u MiB; frames DMA %u, NORMAL %u, HIGH %u; page array %u KiB\n", page_array_end >> 8,
           zones[ZONE_DMA].frames, zones[ZONE_NORMAL].frames, zones[ZONE_HIGH].frames,
           (u32)((array.end - array.start) >> 10));
}
