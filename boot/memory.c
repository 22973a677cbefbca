/* Which physical memory is taken before the frame allocator starts, and how much there must be. */
#include "arch/x86/image.h"
#include "boot/boot_info.h"
#include "diag/assert.h"
#include "diag/panic.h"
#include "diag/trace.h"

#define LOW_MEMORY     0x100000u /* the firmware's tables, the AP trampoline, video memory */
#define MIN_MEMORY     (20u << 20)
#define TRACE_FRACTION 64u /* one part in so many of memory holds trace rings */
#define TRACE_MIN      (256u << 10)
#define TRACE_MAX      (16u << 20)

static init_text void reserve(struct boot_info *info, paddr_t start, u64 end)
{
    assert(info->reserved_n < ARRAY_SIZE(info->reserved));
    info->reserved[info->reserved_n++] =
        (struct boot_range){ALIGN_DOWN(start, PAGE_SIZE), ALIGN_UP(end, (u64)PAGE_SIZE)};
}

static init_text u64 usable_bytes(const struct boot_info *info)
{
    u64 sum = 0;

    for (u32 i = 0; i < info->usable_n; i++)
        sum += info->usable[i].end - info->usable[i].start;
    return sum;
}

static init_text bool overlaps_reserved(const struct boot_info *info, u64 start, u64 end)
{
    for (u32 i = 0; i < info->reserved_n; i++) {
        if (start < info->reserved[i].end && info->reserved[i].start < end)
            return true;
    }
    return false;
}

/* The highest directly mapped place that is RAM and free, so that DMA memory stays whole; 0: none. */
static init_text paddr_t find_free(const struct boot_info *info, u32 bytes)
{
    paddr_t best = 0;

    for (u32 i = 0; i < info->usable_n; i++) {
        u64 end = MIN(info->usable[i].end, (u64)DIRECT_SIZE);
        u64 start = info->usable[i].start;
        while (end >= start + bytes && overlaps_reserved(info, end - bytes, end))
            end -= MIN(end, (u64)bytes);
        if (end >= start + bytes && end - bytes > best)
            best = (paddr_t)(end - bytes);
    }
    return best;
}

init_text void boot_reserve_memory(struct boot_info *info)
{
    u64 total = usable_bytes(info);

    if (total < MIN_MEMORY)
        boot_refuse("this machine has %u MiB of memory; Faultline needs %u MiB", (u32)(total >> 20),
                    MIN_MEMORY >> 20);
    reserve(info, 0, LOW_MEMORY);
    reserve(info, image_phys(__image_start), image_phys(__image_end));
    for (u32 i = 0; i < info->modules_n; i++)
        reserve(info, info->modules[i].start, (u64)info->modules[i].start + info->modules[i].bytes);

    u64 rings = ALIGN_DOWN(total / TRACE_FRACTION, (u64)PAGE_SIZE);
    u32 ring_bytes = (u32)MIN(MAX(rings, (u64)TRACE_MIN), (u64)TRACE_MAX);
    paddr_t place = find_free(info, ring_bytes);
    if (place == 0)
        boot_refuse("no %u KiB of memory in one piece for the trace rings", ring_bytes >> 10);
    reserve(info, place, (u64)place + ring_bytes);
    trace_init(phys_to_direct(place), ring_bytes);
}
