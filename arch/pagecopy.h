/*
 * Clearing and copying one page: the largest cost of most faults, so each architecture does it its best way
 * (on x86 one string instruction, 1024 steps). Both arguments page aligned and mapped; any context.
 */
#pragma once
#include "arch/memmap.h"
/* Each architecture's inline/pagecopy.h defines page_clear_words(void *page) and
 * page_copy_words(void *to, const void *from). */
#include <inline/pagecopy.h>
