/*
 * Instructions of the kernel that may fault on what the user gave (user copies, selectors on the way out),
 * and where to go on then. Source: the .fixup_table entries beside each such instruction. Some dozens,
 * most of them stores into a signal frame: searched in order.
 */
#include "arch/trap.h"

struct fixup {
    vaddr_t at, landing;
};
extern const struct fixup __fixup_start[], __fixup_end[];

vaddr_t fixup_find(vaddr_t ip)
{
    for (const struct fixup *f = __fixup_start; f < __fixup_end; f++) {
        if (f->at == ip)
            return f->landing;
    }
    return 0;
}
