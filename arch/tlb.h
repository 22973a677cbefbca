/* This CPU's TLB. Other CPUs' TLBs are mm/table/shootdown.h's business. */
#pragma once
#include "lib/types.h"

void tlb_flush_page(vaddr_t va); /* INVLPG: that page and the paging-structure caches for it */
void tlb_flush_range(vaddr_t start, vaddr_t end); /* pages one by one, or all when that is cheaper */
void tlb_flush_user(void);                        /* all but global entries: CR3 reload */
void tlb_flush_all(void);                         /* global ones too: CR4.PGE off and on */
