/*
 * The Multiboot2 boot information: a chain of tags, each 8-byte aligned. Source: Multiboot2
 * Specification 2.0, 3.6.
 *
 * Everything in it was written by the boot loader and the firmware, so sizes are checked before they are
 * believed.
 */
#include "boot/boot_info.h"
#include "diag/panic.h"
#include "lib/string.h"

#define MB2_LOADER_MAGIC 0x36D76289u
#define MEMORY_USABLE    1u

enum tag_type {
    TAG_END = 0,
    TAG_COMMAND_LINE = 1,
    TAG_MODULE = 3,
    TAG_MEMORY_MAP = 6,
    TAG_RSDP_OLD = 14,
    TAG_RSDP_NEW = 15
};

struct tag {
    u32 type, size;
};
struct tag_string {
    struct tag tag;
    char text[];
};
struct tag_module {
    struct tag tag;
    u32 start, end;
    char command_line[];
};
struct memory_entry {
    u64 base, length;
    u32 type, zero;
};
struct tag_memory_map {
    struct tag tag;
    u32 entry_size, entry_version;
    u8 entries[];
};
struct tag_rsdp {
    struct tag tag;
    u8 rsdp[];
};
static_assert(offsetof(struct tag_module, command_line) == 16, "tag layout");
static_assert(offsetof(struct tag_memory_map, entries) == 16, "tag layout");

static init_text void read_command_line(struct boot_info *info, const struct tag_string *tag)
{
    if (string_copy(info->command_line, tag->text, BOOT_LINE_MAX) >= BOOT_LINE_MAX)
        boot_refuse("the command line is longer than %d characters", BOOT_LINE_MAX - 1);
}

static init_text void read_module(struct boot_info *info, const struct tag_module *tag)
{
    if (info->modules_n == BOOT_MODULES_MAX)
        boot_refuse("more than %d boot modules", BOOT_MODULES_MAX);
    if (tag->end < tag->start || tag->end > DIRECT_SIZE)
        boot_refuse("the boot module at %#x-%#x lies outside the first %u MiB", tag->start, tag->end,
                    DIRECT_SIZE >> 20);
    info->modules[info->modules_n++] = (struct boot_module){tag->start, tag->end - tag->start};
}

/* RAM above 4 GiB cannot be addressed without PAE and is left alone. */
static init_text void read_memory_entry(struct boot_info *info, const struct memory_entry *entry)
{
    u64 start = ALIGN_UP(entry->base, (u64)PAGE_SIZE);
    u64 end = ALIGN_DOWN(MIN(entry->base + entry->length, 1ull << 32), (u64)PAGE_SIZE);

    if (entry->type != MEMORY_USABLE || start >= end)
        return;
    if (info->usable_n == BOOT_RANGES_MAX)
        boot_refuse("the firmware's memory map has more than %d usable ranges", BOOT_RANGES_MAX);
    info->usable[info->usable_n++] = (struct boot_range){(paddr_t)start, end};
}

static init_text void read_memory_map(struct boot_info *info, const struct tag_memory_map *map)
{
    const u8 *end = (const u8 *)map + map->tag.size;

    if (map->entry_size < sizeof(struct memory_entry))
        boot_refuse("the boot loader's memory map has entries of %u bytes", map->entry_size);
    for (const u8 *at = map->entries; at + map->entry_size <= end; at += map->entry_size)
        read_memory_entry(info, (const struct memory_entry *)at);
}

/* The new root pointer comes after the old one in GRUB's list and replaces it; both begin alike. */
static init_text void read_rsdp(struct boot_info *info, const struct tag_rsdp *tag)
{
    u32 bytes = MIN(tag->tag.size - (u32)sizeof tag->tag, (u32)BOOT_RSDP_MAX);

    memcpy(info->rsdp, tag->rsdp, bytes);
    info->rsdp_bytes = bytes;
}

static init_text void read_tag(struct boot_info *info, const struct tag *tag)
{
    switch (tag->type) {
    case TAG_COMMAND_LINE:
        return read_command_line(info, (const struct tag_string *)tag);
    case TAG_MODULE:
        return read_module(info, (const struct tag_module *)tag);
    case TAG_MEMORY_MAP:
        return read_memory_map(info, (const struct tag_memory_map *)tag);
    case TAG_RSDP_OLD:
    case TAG_RSDP_NEW:
        return read_rsdp(info, (const struct tag_rsdp *)tag);
    }
}

init_text void boot_info_parse(struct boot_info *info, u32 magic, paddr_t information)
{
    if (magic != MB2_LOADER_MAGIC)
        boot_refuse("not started by a Multiboot2 boot loader (magic %#x)", magic);
    if (information >= DIRECT_SIZE)
        boot_refuse("the boot information at %#x lies outside the first %u MiB", information,
                    DIRECT_SIZE >> 20);

    const u8 *at = phys_to_direct(information);
    const u8 *end = at + *(const u32 *)at;
    for (at += 8; at + sizeof(struct tag) <= end;) {
        const struct tag *tag = (const struct tag *)at;
        if (tag->type == TAG_END || tag->size < sizeof *tag || at + tag->size > end)
            break;
        read_tag(info, tag);
        at += ALIGN_UP(tag->size, 8u);
    }
    if (info->usable_n == 0)
        boot_refuse("the boot loader gave no memory map");
}
