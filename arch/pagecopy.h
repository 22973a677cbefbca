/*
 * Clearing and copying one page: the largest cost of most faults, so each architecture does it its best way (on x86
 * one string instruction, 1024 steps). Both arguments page aligned and mapped; any context.
 */
#pragma once
#include "arch/memmap.h"
#include <inline/pagecopy.h> /* void page_clear_words(void *page), page_copy_words(void *to, const void *from) */
