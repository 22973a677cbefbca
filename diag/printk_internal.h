/* What panic needs of printk: lines must come out even where the lock's holder will never let go of it. */
#pragma once
#include "lib/types.h"

/* From here on no CPU waits long for the printk lock, and this CPU does not wait at all when it holds the
 * lock. */
void printk_emergency(void);
