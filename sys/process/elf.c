/* Reading ELF headers. Nothing is believed: each sum is checked before it is made. */
#include "sys/process/elf.h"
#include "lib/errno.h"
#include "lib/string.h"

#define PAGE 4096u
enum { PT_LOAD = 1, PT_INTERP = 3, PT_STACK = 0x6474e551 };
enum { ET_EXEC = 2, ET_DYN = 3, EM_386 = 3 };

static u32 word(const u8 *p)
{
    return (u32)p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}
static u32 half(const u8 *p)
{
    return (u32)p[0] | (u32)p[1] << 8;
}

static const char *identity_error(const u8 *p)
{
    if (p[4] == 2)
        return "is a 64-bit program";
    if (p[4] != 1)
        return "has an ELF class that does not exist";
    if (p[5] != 1)
        return "is big-endian";
    if (half(p + 18) != EM_386)
        return "is for another machine than the i386";
    if (half(p + 16) != ET_EXEC && half(p + 16) != ET_DYN)
        return "is an object file or a core dump, not an executable";
    return NULL;
}

static const char *table_error(const u8 *p, const struct elf_header *h, u32 file_size)
{
    if (half(p + 42) != ELF_SEGMENT_BYTES)
        return "has program headers of a wrong size";
    if (h->table_count == 0)
        return "has no program headers";
    if (h->table_count > ELF_SEGMENTS_MAX)
        return "has an absurd number of program headers";
    if (h->table_offset > file_size || h->table_count * ELF_SEGMENT_BYTES > file_size - h->table_offset)
        return "is truncated: its program headers lie beyond its end";
    return NULL;
}

int elf_parse_header(const u8 *p, u32 n, u32 file_size, struct elf_header *h, const char **why)
{
    *why = NULL;
    if (n < 4 || memcmp(p, "\177ELF", 4))
        *why = "is not an ELF file";
    else if (n < 20)
        *why = "is truncated inside its ELF header";
    else
        *why = identity_error(p);
    if (!*why && n < ELF_HEADER_BYTES)
        *why = "is truncated inside its ELF header";
    if (*why)
        return -ENOEXEC;
    *h = (struct elf_header){
        .entry = word(p + 24),
        .table_offset = word(p + 28),
        .table_count = half(p + 44),
        .position_independent = half(p + 16) == ET_DYN,
    };
    *why = table_error(p, h, file_size);
    return *why ? -ENOEXEC : 0;
}

static const char *segment_error(const struct elf_segment *s, u32 file_size, u32 limit, u32 end_before)
{
    if (s->file_size > s->memory_size)
        return "has a segment that is larger in the file than in memory";
    if (s->offset > file_size || s->file_size > file_size - s->offset)
        return "is truncated: a segment lies beyond its end";
    if (s->start < PAGE)
        return "maps page 0";
    if (s->start >= limit || s->memory_size > limit - s->start)
        return "maps kernel addresses";
    if (s->start < end_before)
        return "has segments that overlap or are out of order";
    if (s->file_size && s->start % PAGE != s->offset % PAGE)
        return "has a segment whose place in the file does not fit its address";
    return NULL;
}

static const char *add_segment(struct elf_image *image, const u8 *p, u32 file_size, u32 limit)
{
    struct elf_segment s = {
        .offset = word(p + 4),
        .file_size = word(p + 16),
        .start = word(p + 8),
        .memory_size = word(p + 20),
        .flags = word(p + 24),
    };
    if (s.memory_size == 0)
        return NULL;
    if (s.start > ~0u - image->bias)
        return "maps kernel addresses";
    s.start += image->bias;
    const char *why = segment_error(&s, file_size, limit, image->end);
    if (!why && image->count == sizeof(image->segments) / sizeof(image->segments[0]))
        why = "has too many segments to load";
    if (why)
        return why;
    image->segments[image->count++] = s;
    image->end = s.start + s.memory_size;
    return NULL;
}

static bool holds_entry(const struct elf_image *image)
{
    for (u32 i = 0; i < image->count; i++)
        if (image->entry - image->segments[i].start < image->segments[i].memory_size)
            return true;
    return false;
}

/* Where a loaded segment shows the program headers. */
static u32 find_table(const struct elf_image *image, u32 offset)
{
    for (u32 i = 0; i < image->count; i++)
        if (offset - image->segments[i].offset < image->segments[i].file_size)
            return image->segments[i].start + (offset - image->segments[i].offset);
    return 0;
}

int elf_parse_segments(const u8 *table, const struct elf_header *h, u32 file_size, u32 limit,
                       struct elf_image *image, const char **why)
{
    memset(image, 0, sizeof(*image));
    image->bias = h->position_independent ? ELF_PIE_BASE : 0;
    image->table_count = h->table_count;
    image->entry = h->entry + image->bias;
    image->executable_stack = true; /* unless it says something else */
    *why = NULL;
    for (u32 i = 0; i < h->table_count && !*why; i++) {
        const u8 *p = table + i * ELF_SEGMENT_BYTES;
        if (word(p) == PT_INTERP)
            *why = "is dynamically linked (it names an interpreter)";
        else if (word(p) == PT_LOAD)
            *why = add_segment(image, p, file_size, limit);
        else if (word(p) == PT_STACK)
            image->executable_stack = word(p + 24) & 1;
    }
    if (!*why && image->count == 0)
        *why = "has nothing to load";
    if (!*why && !holds_entry(image))
        *why = "starts outside of what it loads";
    image->table_at = find_table(image, h->table_offset);
    return *why ? -ENOEXEC : 0;
}
