/* Which fault locking protocol is in force: the boot word faultlock=. */
#include "mm/fault/faultlock.h"
#include "diag/assert.h"
#include "diag/bootwords.h"
#include "mm/space/compact.h"
#include "mm/space/lazy_free.h"
#include "mm/space/mm_private.h"

static unsigned faultlock_word = 1;
BOOT_CHOICE(faultlock, "how a fault keeps its region valid", &faultlock_word, "mutex", "rwsem", "retry",
            "vma", "seq");

static const struct faultlock *const protocols[] = {&faultlock_mutex, &faultlock_rwsem, &faultlock_retry,
                                                    &faultlock_vma, &faultlock_seq};
cacheline_aligned struct faultlock faultlock; /* no neighbour that is written */

void mm_init(void)
{
    compact_init();
    lazy_free_init();
    assert(faultlock_word < ARRAY_SIZE(protocols));
    faultlock = *protocols[faultlock_word];
}
