/* R53: a fault with a spinlock held or interrupts off must not sleep: it is fixed up, and the access fails.
 */
#include "lib/errno.h"
#include "sync/spinlock.h"
#include "tests/scenario.h"

DEFINE_SPINLOCK(r53_lock, NONE);

static void fault_in_atomic(void *arg)
{
    vaddr_t page = (vaddr_t)arg;
    u32 value;

    spin_lock(&r53_lock);
    check_eq(user_load_u32(page, &value), -EFAULT);
    check_eq(user_store_u32(page, 1), -EFAULT);
    spin_unlock(&r53_lock);

    irqflags_t flags = irq_save();
    check_eq(user_store_u32(page, 1), -EFAULT);
    check(!irq_enabled());
    irq_restore(flags);

    user_store(page, 2); /* and now it may */
    spin_lock(&r53_lock);
    check_eq(user_load(page), 2); /* a page that is there needs no fault */
    spin_unlock(&r53_lock);
}

TEST(r53_fault_in_atomic,
     .shows = "a user access under a spinlock or with interrupts off fails instead of sleeping")
{
    struct scene *s = scene_begin();

    actor_run(s, 0, fault_in_atomic, (void *)scene_mmap(s, 1, VM_RW));
    scene_end(s);
}
