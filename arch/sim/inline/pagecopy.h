/* The host's own, which ASan checks. */
#pragma once
#include "lib/string.h"

static inline void page_clear_words(void *page)
{
    memset(page, 0, PAGE_SIZE);
}
static inline void page_copy_words(void *to, const void *from)
{
    memcpy(to, from, PAGE_SIZE);
}
