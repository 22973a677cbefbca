/* refuse: noderef */
/* A page-table entry is looked at twice: the compiler may load it for each look, and the walker change it
 * between (R49). */
#include "arch/pgtable.h"

pfn_t planted_plain_entry(pte_t *slot);

pfn_t planted_plain_entry(pte_t *slot)
{
    return pte_present(*slot) ? pte_pfn(*slot) : 0;
}
