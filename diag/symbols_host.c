/* Names in the explorer, where the image is a host program: the sanitizer's symbolizer when it is linked in.
 */
#ifdef FL_HOST
#include "diag/symbols.h"
#include "lib/format.h"
#include "lib/string.h"

__attribute__((weak)) void __sanitizer_symbolize_pc(void *pc, const char *format, char *out, size_t size);

struct symbol_where symbol_find(vaddr_t addr)
{
    static char name[128], file[128]; /* one host thread runs all virtual CPUs */
    struct symbol_where where = {.name = "?", .offset = addr};
    char line[16];

    if (!__sanitizer_symbolize_pc)
        return where;
    void *pc = (void *)(uintptr_t)addr;
    __sanitizer_symbolize_pc(pc, "%f", name, sizeof name);
    __sanitizer_symbolize_pc(pc, "%s", file, sizeof file);
    __sanitizer_symbolize_pc(pc, "%l", line, sizeof line);
    if (name[0] && name[0] != '<') {
        where.name = name;
        where.offset = 0;
    }
    where.file = file[0] && file[0] != '<' && parse_u32(line, &where.line) ? file : NULL;
    return where;
}
#endif
