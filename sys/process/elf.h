/*
 * ELF32 executables as pure functions over bytes (System V ABI, "Object Files"; i386 supplement): no kernel,
 * so that they can be fuzzed. A refusal is an errno and a clause that completes "PATH cannot be run: it ...".
 */
#pragma once
#include "lib/types.h"

#define ELF_HEADER_BYTES  52u
#define ELF_SEGMENT_BYTES 32u
#define ELF_SEGMENTS_MAX  64u
#define ELF_PIE_BASE      0x56555000u /* where a static-pie image, linked at 0, is put */

struct elf_header {
    u32 entry;
    u32 table_offset, table_count;
    bool position_independent;
};
struct elf_segment {
    u32 offset, file_size; /* bytes in the file */
    u32 start, memory_size;
    u32 flags; /* 1 execute, 2 write, 4 read */
};
struct elf_image {
    u32 entry, bias;
    u32 table_at, table_count; /* where the program headers are in memory (AT_PHDR), 0: not loaded */
    u32 end;                   /* past the last byte: where the heap starts */
    bool executable_stack;     /* what its stack is to be mapped as */
    u32 count;
    struct elf_segment segments[16];
};
/* `bytes` is the file's beginning, at most file_size long. 0 or -ENOEXEC with *why. */
int elf_parse_header(const u8 *bytes, u32 n, u32 file_size, struct elf_header *header, const char **why);
/* `table` holds header->table_count program headers. 0, -ENOEXEC or -ENOMEM with *why. limit: first address
 * not for users. */
int elf_parse_segments(const u8 *table, const struct elf_header *header, u32 file_size, u32 limit,
                       struct elf_image *image, const char **why);
