/*
 * The TLB oracle: no frame is freed while a virtual CPU can still reach it, and none is reached after it was
 * freed. It learns of frees from the kernel's own trace (mm_page_free), so the kernel needs no line for it.
 */
#pragma once
#include "lib/types.h"

/* A CPU uses a translation loaded at step `loaded`: va is `pfn`. */
void oracle_frame_used(u32 cpu, vaddr_t va, pfn_t pfn, u32 loaded);
/* A CPU walks through a cached PDE: the table for va is `pfn`. */
void oracle_table_used(u32 cpu, vaddr_t va, pfn_t pfn, u32 loaded);
/* Starts to listen. */
void oracle_start(void);
