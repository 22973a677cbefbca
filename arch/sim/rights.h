/*
 * The rights oracle: what an operation takes away is gone when the operation has returned. When a task that
 * took rights from an entry (unmapped it, mapped another frame, made it read-only) lets mmap_lock go, or ends
 * its fault, no TLB may still grant what the entry does not.
 */
#pragma once
#include "lib/types.h"

/* The running task changed the entry in `word` from `old` to `new`. */
void rights_entry_changed(const u32 *word, u32 old, u32 new);
/* The running task's operation is over. */
void rights_operation_ends(void);
