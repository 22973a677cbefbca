/*
 * Lock contracts on prototypes. gcc builds and ignores them; clang is the second reader
 * (`make check-locks`, -Wthread-safety) and refuses a body or a call that breaks one.
 *
 *   void vma_insert(struct mm *mm, struct vma *vma) must_hold(&mm->mmap_lock);
 *
 * Fields cannot carry guarded_by in C, so shared structs open with a key of letters instead.
 */
#pragma once

#if defined(__clang__) && defined(FL_CHECK_LOCKS)
#define CONTRACT(x) __attribute__((x))
#else
#define CONTRACT(x)
#endif

#define lock_type(name)          CONTRACT(capability(name))
#define must_hold(...)           CONTRACT(requires_capability(__VA_ARGS__))
#define must_hold_shared(...)    CONTRACT(requires_shared_capability(__VA_ARGS__))
#define must_not_hold(...)       CONTRACT(locks_excluded(__VA_ARGS__))
#define acquires(...)            CONTRACT(acquire_capability(__VA_ARGS__))
#define acquires_shared(...)     CONTRACT(acquire_shared_capability(__VA_ARGS__))
#define try_acquires(...)        CONTRACT(try_acquire_capability(__VA_ARGS__))
#define try_acquires_shared(...) CONTRACT(try_acquire_shared_capability(__VA_ARGS__))
#define releases(...)            CONTRACT(release_capability(__VA_ARGS__))
#define releases_shared(...)     CONTRACT(release_shared_capability(__VA_ARGS__))
#define asserts_held(...)        CONTRACT(assert_capability(__VA_ARGS__))
#define asserts_held_shared(...) CONTRACT(assert_shared_capability(__VA_ARGS__))
#define lock_implementation      CONTRACT(no_thread_safety_analysis)
/* On a type: objects that are reached through pointers by accessors alone (-Wnoderef). */
#define never_dereferenced CONTRACT(noderef)
