/* Between the files of the page cache. */
#pragma once
#include "mm/file/mapping.h"

/* What mapping_find() does, under the mapping's lock. */
struct page *mapping_find_locked(struct mapping *mapping, u32 index);
/* mapping_walk.c: what mapping_find_run() does, with no lock. False, and nothing is kept: the tree was being
 * changed. */
must_check bool mapping_run_lockfree(struct mapping *mapping, u32 first, u32 count, struct page **pages);
