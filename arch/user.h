/*
 * Access to user memory from the kernel. Each access may fault and sleep: might_sleep(), no mm lock, no page
 * lock held (R34, R35). Where the task is in_atomic() the fault is not handled and the access fails (R53).
 */
#pragma once
#include "lib/compiler.h"

/* sync/ provides it, in the test image: whoever touches user memory may fault, whether he does this time or
 * not. `ip`: his caller. */
#ifdef FL_TEST
void user_access_begins(vaddr_t ip);
#else
static inline void user_access_begins(vaddr_t ip) {}
#endif

/* 0, or -EFAULT with a part perhaps copied. Checks the range against USER_END first. */
must_check int copy_from_user(void *to, vaddr_t from, size_t n);
must_check int copy_to_user(vaddr_t to, const void *from, size_t n);
must_check int clear_user(vaddr_t to, size_t n);
/* Length without NUL, -EFAULT, or -ENAMETOOLONG when no NUL within max. */
must_check int copy_string_from_user(char *to, vaddr_t from, size_t max);
/* Bytes NOT copied: for read/write calls that report a short count. */
size_t copy_from_user_partial(void *to, vaddr_t from, size_t n);
size_t copy_to_user_partial(vaddr_t to, const void *from, size_t n);
/* Atomic compare-exchange of a user word; *seen gets the former value. 0 or -EFAULT. */
must_check int user_cmpxchg_u32(vaddr_t addr, u32 old, u32 new, u32 *seen);
static inline int user_load_u32(vaddr_t addr, u32 *value)
{
    return copy_from_user(value, addr, 4);
}
static inline int user_store_u32(vaddr_t addr, u32 value)
{
    return copy_to_user(addr, &value, 4);
}
