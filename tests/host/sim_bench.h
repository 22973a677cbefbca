/* A small address space to try the simulated machine on. */
#pragma once
#include "arch/pgtable.h"
#include "mm/frame/page.h"

#define VA 0x40001000u

struct bench {
    struct space space;
    struct page *root, *table, *frame;
};

/* A space with one page at VA, loaded on this CPU. Preemption is off until bench_end. */
void bench_begin(struct bench *b, unsigned prot);
void bench_end(struct bench *b);
/* The page's entry, as memory has it. */
pte_t bench_entry(struct bench *b);
/* An access through the MMU; false: it faulted. */
bool bench_access(vaddr_t va, bool write);
