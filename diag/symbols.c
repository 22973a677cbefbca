/* Addresses to names and lines. Reads constant tables only: any context, no lock. */
#include "diag/symbols.h"
#include "lib/format.h"

/* %pS's text: "name+0x12 (file:line)" as far as known, else the address. Returns its full length. */
static int symbol_format(char *buf, size_t size, vaddr_t addr)
{
    struct symbol_where at = symbol_find(addr);

    if (at.name[0] == '?' && !at.file)
        return fmt_snprintf(buf, size, "0x%08x", addr);
    if (!at.file)
        return fmt_snprintf(buf, size, "%s+0x%x", at.name, at.offset);
    return fmt_snprintf(buf, size, "%s+0x%x (%s:%u)", at.name, at.offset, at.file, at.line);
}

void symbols_init(void)
{
    fmt_symbol_hook = symbol_format;
}

#ifndef FL_HOST
#include "diag/symbols_table.h"

/* How many of the `n` ascending keys, `stride` words apart, are <= addr. */
static u32 count_not_above(const u32 *keys, u32 n, u32 stride, vaddr_t addr)
{
    u32 low = 0, high = n;
    while (low < high) {
        u32 middle = (low + high) / 2;
        if (keys[middle * stride] <= addr)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static u32 read_varint(const u8 **p)
{
    u32 value = 0;
    for (unsigned shift = 0; shift < 32; shift += 7) {
        u8 byte = *(*p)++;
        value |= (u32)(byte & 0x7F) << shift;
        if (!(byte & 0x80))
            break;
    }
    return value;
}

/* Walks one block's rows up to the last one that begins at or before `addr`. */
static void find_line(const struct symbol_block *block, const u8 *end, vaddr_t addr,
                      struct symbol_where *where)
{
    const u8 *p = symbol_table.rows + block->rows_at;
    u32 address = block->address, file = block->file, line = block->line;

    while (p < end) {
        address += read_varint(&p);
        if (address > addr)
            break;
        u32 v = read_varint(&p);
        if (v & 1) {
            file = v >> 1;
            v = read_varint(&p);
        }
        v >>= 1;
        line += (v >> 1) ^ -(v & 1);
    }
    if (line) {
        where->file = symbol_table.names + symbol_table.file_at[file];
        where->line = line;
    }
}

struct symbol_where symbol_find(vaddr_t addr)
{
    const struct symbol_table *t = &symbol_table;
    struct symbol_where where = {.name = "?", .offset = addr};

    u32 i = count_not_above(t->address, t->functions, 1, addr);
    if (i == 0 || i == t->functions) /* the last entry is the end of the text and has no name */
        return where;
    where.name = t->names + t->name_at[i - 1];
    where.offset = addr - t->address[i - 1];

    u32 b = count_not_above(&t->block[0].address, t->blocks, sizeof *t->block / sizeof(u32), addr);
    if (b > 0) {
        u32 rows_end = b < t->blocks ? t->block[b].rows_at : t->row_bytes;
        find_line(&t->block[b - 1], t->rows + rows_end, addr, &where);
    }
    return where;
}
static_assert(sizeof(struct symbol_block) % sizeof(u32) == 0, "blocks are searched as words");
#endif
