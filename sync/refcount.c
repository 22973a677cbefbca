/* What happens when a reference count goes wrong (sync/refcount.h says why it sticks instead of wrapping). */
#include "sync/refcount.h"
#include "diag/printk.h"

void refcount_saturate(struct refcount *r, const char *why, vaddr_t ip)
{
    /* Only the first one speaks: whoever moves it into the saturated range from outside of it. */
    int seen = atomic_xchg(&r->n, REFCOUNT_SATURATED);
    if (seen > REFCOUNT_SATURATED / 2)
        printk("refcount %p: %s, at %pS; the object will leak\n", (void *)r, why, (void *)ip);
}
