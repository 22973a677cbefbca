/* refuse: not held on every path */
/* A case of the fault lost its race for another reason, and forgets the table that it locked. */
#include "mm/fault/fault_private.h"

bool planted_install(struct fault *f, struct page *page);

bool planted_install(struct fault *f, struct page *page)
{
    if (!fault_relock(f, R_NONE))
        return false;
    if (page_is_zero(page))
        return false;
    fault_unlock(f);
    return true;
}
