/*
 * User memory from the kernel: the processor's own translation does the work, a fault is handled like the
 * program's own, and one that cannot be resolved lands behind the copy (fixup.c).
 *
 * CR0.WP is set, so a write by the kernel breaks COW as the user's would.
 */
#include <inline/user_words.h>

/* Words, then bytes. A fault among the words goes on byte by byte, so the count is exact; one among the bytes
 * ends. Returns the bytes not copied. */
static size_t copy_fixed(void *to, const void *from, size_t n)
{
    size_t left = n / 4;

    __asm__ volatile("1: rep movsl\n\t"
                     "movl %[tail], %%ecx\n"
                     "2: rep movsb\n"
                     "3:\n\t"
                     ".pushsection .fixup, \"ax\"\n"
                     "4: leal (%[tail], %%ecx, 4), %%ecx\n\t"
                     "jmp 2b\n\t"
                     ".popsection\n\t" FIXUP("1b", "4b") FIXUP("2b", "3b")
                     : "+c"(left), "+D"(to), "+S"(from)
                     : [tail] "r"(n % 4)
                     : "memory");
    return left;
}

static size_t clear_fixed(void *to, size_t n)
{
    size_t left = n / 4;

    __asm__ volatile("1: rep stosl\n\t"
                     "movl %[tail], %%ecx\n"
                     "2: rep stosb\n"
                     "3:\n\t"
                     ".pushsection .fixup, \"ax\"\n"
                     "4: leal (%[tail], %%ecx, 4), %%ecx\n\t"
                     "jmp 2b\n\t"
                     ".popsection\n\t" FIXUP("1b", "4b") FIXUP("2b", "3b")
                     : "+c"(left), "+D"(to)
                     : "a"(0), [tail] "r"(n % 4)
                     : "memory");
    return left;
}

size_t copy_from_user_partial(void *to, vaddr_t from, size_t n)
{
    user_access_begins(CALLER_IP());
    return range_is_user(from, n) ? copy_fixed(to, (const void *)from, n) : n;
}

size_t copy_to_user_partial(vaddr_t to, const void *from, size_t n)
{
    user_access_begins(CALLER_IP());
    return range_is_user(to, n) ? copy_fixed((void *)to, from, n) : n;
}

int copy_from_user(void *to, vaddr_t from, size_t n)
{
    user_access_begins(CALLER_IP());
    return range_is_user(from, n) && copy_fixed(to, (const void *)from, n) == 0 ? 0 : -EFAULT;
}

int copy_to_user(vaddr_t to, const void *from, size_t n)
{
    user_access_begins(CALLER_IP());
    return range_is_user(to, n) && copy_fixed((void *)to, from, n) == 0 ? 0 : -EFAULT;
}

int clear_user(vaddr_t to, size_t n)
{
    user_access_begins(CALLER_IP());
    if (!range_is_user(to, n))
        return -EFAULT;
    return clear_fixed((void *)to, n) ? -EFAULT : 0;
}

/* One byte, or -EFAULT. */
static int load_byte(vaddr_t from)
{
    int value = -EFAULT;

    __asm__ volatile("1: movzbl (%1), %0\n"
                     "2:\n\t" FIXUP("1b", "2b")
                     : "+r"(value)
                     : "r"(from)
                     : "memory");
    return value;
}

int copy_string_from_user(char *to, vaddr_t from, size_t max)
{
    user_access_begins(CALLER_IP());
    for (size_t i = 0; i < max; i++) {
        int byte = range_is_user(from + i, 1) ? load_byte(from + i) : -EFAULT;
        if (byte < 0)
            return byte;
        to[i] = (char)byte;
        if (byte == 0)
            return (int)i;
    }
    return -ENAMETOOLONG;
}

int user_cmpxchg_u32(vaddr_t addr, u32 old, u32 new, u32 *seen)
{
    int result = -EFAULT;
    u32 value = old;

    user_access_begins(CALLER_IP());
    if (!range_is_user(addr, 4))
        return -EFAULT;
    __asm__ volatile("1: lock cmpxchgl %[new], (%[addr])\n\t"
                     "xorl %[result], %[result]\n"
                     "2:\n\t" FIXUP("1b", "2b")
                     : "+a"(value), [result] "+r"(result)
                     : [new] "r"(new), [addr] "r"(addr)
                     : "memory", "cc");
    if (result == 0)
        *seen = value;
    return result;
}
