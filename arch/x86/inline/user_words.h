/*
 * User memory word by word, for who builds or reads a structure there: one check of the range, then accesses
 * that are one instruction each and leave to a label of the caller's when the memory is not there. For sys/'s
 * signal frames and the FPU's; everybody else copies (arch/user.h).
 */
#pragma once
#include "arch/memmap.h"
#include "arch/user.h"
#include "lib/errno.h"

/* Where to go on when the instruction at `at` faults and nothing can be done about it (fixup.c). */
#define FIXUP(at, landing) ".pushsection .fixup_table, \"a\"\n\t.long " at ", " landing "\n\t.popsection\n\t"

static inline bool range_is_user(vaddr_t addr, size_t n)
{
    return addr < USER_END && n <= USER_END - addr;
}

/* May the n bytes at addr be accessed by what follows? The accesses themselves may fault and sleep. */
static always_inline bool user_words_begin(vaddr_t addr, size_t n)
{
    user_access_begins(CALLER_IP());
    return range_is_user(addr, n);
}

/* Stores into `word`, which stands in user memory; goes to the label `failed` when it cannot. */
#define user_put(word, value, failed)                                                                        \
    __asm__ goto("1: movl %1, %0\n\t" FIXUP("1b", "%l2")::"m"(word), "ri"(value) : "memory" : failed)

/* Words from kernel memory to user memory and back; false: some are missing. */
static always_inline bool user_put_words(vaddr_t to, const void *from, size_t words)
{
    __asm__ volatile("1: rep movsl\n"
                     "2:\n\t" FIXUP("1b", "2b")
                     : "+c"(words), "+D"(to), "+S"(from)
                     :
                     : "memory");
    return words == 0;
}
static always_inline bool user_get_words(void *to, vaddr_t from, size_t words)
{
    __asm__ volatile("1: rep movsl\n"
                     "2:\n\t" FIXUP("1b", "2b")
                     : "+c"(words), "+D"(to), "+S"(from)
                     :
                     : "memory");
    return words == 0;
}
static always_inline bool user_clear_words(vaddr_t to, size_t words)
{
    __asm__ volatile("1: rep stosl\n"
                     "2:\n\t" FIXUP("1b", "2b")
                     : "+c"(words), "+D"(to)
                     : "a"(0)
                     : "memory");
    return words == 0;
}
/* A word, or `otherwise` when it is not there. */
static always_inline u32 user_get(vaddr_t from, u32 otherwise)
{
    __asm__ volatile("1: movl %1, %0\n"
                     "2:\n\t" FIXUP("1b", "2b")
                     : "+r"(otherwise)
                     : "m"(*(const volatile u32 *)from)
                     : "memory");
    return otherwise;
}
