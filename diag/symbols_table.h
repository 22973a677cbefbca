/*
 * The table that tools/mksymbols.py generates from the linked image, and that the second link puts at the
 * image's end (section .symbols, behind everything else: it moves no address when it grows from empty to
 * full).
 *
 * Functions: addresses ascending, and for each the offset of its name in `names`. Lines: rows of (address,
 * file, line) ascending by address, packed; a row says what holds from its address to the next row's. Every
 * SYMBOL_BLOCK rows stand in a block that can be decoded alone:
 *     block:  first address, offset of its bytes in `rows`, file and line before its first row
 *     row:    varint address step since the row before, then a varint v:
 *             v odd:  the file changes; the file's index is v >> 1, and one more varint follows in v's place
 *             v even: zigzag(line step) is v >> 1
 * A file is an offset in `names`; line 0 means that nothing is known from here on.
 */
#pragma once
#include "lib/compiler.h"

#define SYMBOL_BLOCK 64

struct symbol_block {
    u32 address;
    u32 rows_at;
    u16 file;
    u16 line;
};

struct symbol_table {
    u32 functions, blocks, row_bytes, name_bytes;
    const u32 *address;
    const u32 *name_at;
    const struct symbol_block *block;
    const u32 *file_at;
    const u8 *rows;
    const char *names;
};
extern const struct symbol_table symbol_table;
