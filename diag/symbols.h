/* Addresses to names: the table that tools/ builds from the linked image and links into it in a second pass.
 */
#pragma once
#include "lib/types.h"

struct symbol_where {
    const char *name; /* "?" when unknown */
    u32 offset;
    const char *file; /* NULL when unknown */
    u32 line;
};
struct symbol_where symbol_find(vaddr_t addr);
/* From here on %pS prints symbols. Call it first of all. */
void symbols_init(void);
