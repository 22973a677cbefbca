/* What we ask of the compiler, in one place. */
#pragma once
#include "lib/types.h"

#define likely(x)     __builtin_expect(!!(x), 1)
#define unlikely(x)   __builtin_expect(!!(x), 0)
#define noreturn      __attribute__((noreturn))
#define noinline      __attribute__((noinline))
#define cold          __attribute__((cold))
#define always_inline inline __attribute__((always_inline))
#define packed        __attribute__((packed))
/* What the compiler cannot see and may go by, where a test of it would be counted. */
#define known(x)                                                                                             \
    do {                                                                                                     \
        if (!(x))                                                                                            \
            __builtin_unreachable();                                                                         \
    } while (0)
/* Arguments in EAX, EDX, ECX and not on the stack: for the few small functions that everything calls. */
#define in_registers      __attribute__((regparm(3)))
#define aligned_to(n)     __attribute__((aligned(n)))
#define cacheline_aligned __attribute__((aligned(64)))
#define printf_like(f, a) __attribute__((format(printf, f, a)))
#define in_section(s)     __attribute__((section(s), used))
/* Costs its caller no register: for the seldom half of a function that keeps its arguments in them. Not in
 * the host's image, where gcc would have to save the SSE registers as well. */
#ifdef FL_HOST
#define keeps_registers in_registers
#else
#define keeps_registers __attribute__((no_caller_saved_registers)) in_registers
#endif
#define must_check __attribute__((warn_unused_result))

/* Init-only code and data: freed when boot ends (row S13). */
#ifdef FL_HOST
#define init_text
#define init_data
#else
#define init_text __attribute__((section(".init.text"), __cold__))
#define init_data __attribute__((section(".init.data")))
#endif

#define static_assert _Static_assert
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member)                                                                      \
    ((type *)((char *)(ptr)-offsetof(type, member) + 0 * sizeof((ptr) == &((type *)0)->member)))

#define ALIGN_UP(x, a)   (((x) + ((a)-1)) & ~((__typeof__(x))(a)-1))
#define ALIGN_DOWN(x, a) ((x) & ~((__typeof__(x))(a)-1))
#define MIN(a, b)        ((a) < (b) ? (a) : (b))
#define MAX(a, b)        ((a) > (b) ? (a) : (b))

/* One load or store, never repeated, split or invented by the compiler: a marked access to shared memory. */
#define READ_ONCE(x)     (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define barrier()        __asm__ volatile("" ::: "memory")
/* For checks of the test image that look through a whole page: the hooks of -fsanitize=thread (host build,
 * RACES=1) see nothing of what it reads. */
#define unwatched __attribute__((no_sanitize_thread))
/* The compiler forgets how `x` was computed, and so does not compute parts of it again. */
#define keep_in_register(x) __asm__("" : "+r"(x))

/* The address that called the present function, for lock statistics and traces. */
#define CALLER_IP() ((vaddr_t)__builtin_return_address(0))
