/* ELF headers that are right, wrong in one named way each, and random. */
#include "lib/errno.h"
#include "lib/random.h"
#include "lib/string.h"
#include "sys/process/elf.h"
#include "tests/test.h"
#include <stdlib.h>

#define LIMIT 0xC0000000u
#define SIZE  0x3000u
#define TABLE ELF_HEADER_BYTES

static void put16(u8 *p, u32 v)
{
    p[0] = (u8)v;
    p[1] = (u8)(v >> 8);
}
static void put32(u8 *p, u32 v)
{
    put16(p, v);
    put16(p + 2, v >> 16);
}

static void put_segment(u8 *file, u32 i, u32 type, u32 offset, u32 start, u32 file_size, u32 memory_size)
{
    u8 *p = file + TABLE + i * ELF_SEGMENT_BYTES;

    put32(p, type);
    put32(p + 4, offset);
    put32(p + 8, start);
    put32(p + 16, file_size);
    put32(p + 20, memory_size);
    put32(p + 24, 5);
}

/* A program of two segments: headers and code, then data with a zeroed rest. */
static void make_file(u8 *file)
{
    memset(file, 0, SIZE);
    memcpy(file, "\177ELF\1\1\1", 7);
    put16(file + 16, 2);
    put16(file + 18, 3);
    put32(file + 24, 0x08048100);
    put32(file + 28, TABLE);
    put16(file + 42, ELF_SEGMENT_BYTES);
    put16(file + 44, 2);
    put_segment(file, 0, 1, 0, 0x08048000, 0x1000, 0x1000);
    put_segment(file, 1, 1, 0x1200, 0x0804A200, 0x100, 0x2000);
}

/* Both steps, on copies of exactly the bytes that a step may read. */
static int parse(const u8 *file, u32 size, struct elf_image *image, const char **why)
{
    struct elf_header h;
    u32 n = MIN(size, ELF_HEADER_BYTES);
    u8 *head = malloc(n ? n : 1);

    memcpy(head, file, n);
    int error = elf_parse_header(head, n, size, &h, why);
    free(head);
    if (error)
        return error;
    check(h.table_offset <= size && h.table_count * ELF_SEGMENT_BYTES <= size - h.table_offset);
    u8 *table = malloc(h.table_count * ELF_SEGMENT_BYTES);
    memcpy(table, file + h.table_offset, h.table_count * ELF_SEGMENT_BYTES);
    error = elf_parse_segments(table, &h, size, LIMIT, image, why);
    free(table);
    return error;
}

TEST(sys_elf_right,
     .shows = "a right executable gives its segments, entry, heap start and the place of its headers")
{
    u8 file[SIZE];
    struct elf_image image;
    const char *why;

    make_file(file);
    check_eq(parse(file, SIZE, &image, &why), 0);
    check(image.count == 2 && image.entry == 0x08048100 && image.bias == 0);
    check(image.end == 0x0804C200 && image.table_at == 0x08048000 + TABLE && image.table_count == 2);
}

static void expect_refusal(u8 *file, u32 size, const char *words)
{
    struct elf_image image;
    const char *why = NULL;

    check_eq(parse(file, size, &image, &why), -ENOEXEC);
    if (!why || !strstr(why, words))
        test_fail(__FILE__, __LINE__, "refused because it \"%s\", not \"%s\"", why ? why : "?", words);
    make_file(file);
}

TEST(sys_elf_wrong, .shows = "each way of being wrong is refused in words of its own")
{
    u8 file[SIZE];

    make_file(file);
    expect_refusal(file, 30, "truncated");
    expect_refusal(file, 0x1100, "truncated: a segment");
    file[0] = 'x';
    expect_refusal(file, SIZE, "not an ELF");
    file[4] = 2;
    expect_refusal(file, SIZE, "64-bit");
    file[5] = 2;
    expect_refusal(file, SIZE, "big-endian");
    put16(file + 18, 40);
    expect_refusal(file, SIZE, "another machine");
    put16(file + 16, 1);
    expect_refusal(file, SIZE, "object file");
    put16(file + 44, 60000);
    expect_refusal(file, SIZE, "absurd");
    put32(file + 28, 0xFFFFFFF0);
    expect_refusal(file, SIZE, "program headers lie beyond");
    put_segment(file, 1, 3, 0, 0, 0, 0);
    expect_refusal(file, SIZE, "dynamically linked");
    put_segment(file, 1, 1, 0, 0xC0000000, 0x100, 0x100);
    expect_refusal(file, SIZE, "kernel addresses");
    put_segment(file, 1, 1, 0, 0xBFFFF000, 0x100, 0xFFFFFFFF);
    expect_refusal(file, SIZE, "kernel addresses");
    put_segment(file, 1, 1, 0x800, 0x08048800, 0x100, 0x100);
    expect_refusal(file, SIZE, "overlap");
    put_segment(file, 0, 1, 0, 0, 0x1000, 0x1000);
    expect_refusal(file, SIZE, "page 0");
    put_segment(file, 1, 1, 0x1234, 0x0804A200, 0x100, 0x100);
    expect_refusal(file, SIZE, "does not fit");
    put_segment(file, 1, 1, 0x1200, 0x0804A200, 0x200, 0x100);
    expect_refusal(file, SIZE, "larger in the file");
    put32(file + 24, 0x09000000);
    expect_refusal(file, SIZE, "starts outside");
}

TEST(sys_elf_random,
     .shows = "whatever is changed in the headers, what is accepted lies in the file and in user memory")
{
    static u8 file[SIZE];
    struct random r;

    random_seed(&r, 7);
    for (u32 round = 0; round < 50000; round++) {
        struct elf_image image;
        const char *why;
        make_file(file);
        for (u32 k = random_below(&r, 5); k != ~0u; k--)
            file[random_below(&r, TABLE + 2 * ELF_SEGMENT_BYTES)] = (u8)random_next(&r);
        if (parse(file, SIZE, &image, &why))
            continue;
        for (u32 i = 0; i < image.count; i++) {
            const struct elf_segment *s = &image.segments[i];
            check(s->start >= 0x1000 && s->start < LIMIT && s->memory_size <= LIMIT - s->start);
            check(s->offset <= SIZE && s->file_size <= SIZE - s->offset && s->file_size <= s->memory_size);
        }
    }
}
