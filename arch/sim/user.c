/*
 * User memory from the kernel, through the software MMU. Each word (of a long copy: each page's part) is one
 * access: translate, then touch memory; other CPUs may run in between, but no interrupt comes, as inside one
 * instruction.
 */
#include "arch/user.h"
#include "arch/sim/memory.h"
#include "arch/sim/mmu.h"
#include "arch/sim/races.h"
#include "arch/sim/rights.h"
#include "arch/trap.h"
#include "diag/race.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "sync/held.h"

/* Stand for the accessing instruction and for its fix-up; no code lies there. */
#define ACCESS_IP  0x0000ACC0u
#define FIXUP_IP   0x0000F1C0u
#define SHORT_COPY 32u

vaddr_t fixup_find(vaddr_t ip)
{
    return ip == ACCESS_IP ? FIXUP_IP : 0;
}

/* The #PF gate and its stub: CR2 is read before interrupts come back on (R33). True: run the instruction
 * again. */
static bool take_page_fault(vaddr_t va, u32 code)
{
    struct trap_frame frame = {
        .ip = ACCESS_IP,
        .fp = (vaddr_t)(uintptr_t)__builtin_frame_address(0),
        .vector = 14,
        .error = code,
        .irqs_were_on = irq_enabled(),
    };

    irq_disable();
    mmus[cpu_id()].cr2 = va;
    sim_choice_here(STEP_USER, va, CHOICE_CLOSED | CHOICE_LATER);
    vaddr_t addr = mmus[cpu_id()].cr2;
    page_fault_seen(&frame, addr);
    if (frame.irqs_were_on)
        irq_enable();
    race_point(R33); /* an interrupt whose handler faults puts its own address into CR2 */
    if (mutant(R33))
        addr = mmus[cpu_id()].cr2;
    page_fault_entry(&frame, addr);
    rights_operation_ends();
    if (frame.irqs_were_on && !irq_enabled())
        irq_enable(); /* IRET */
    return frame.ip == ACCESS_IP;
}

/* A direct-map pointer for one access, or NULL for -EFAULT. Nothing may sleep between this and the access. */
static void *user_access(vaddr_t va, bool write)
{
    paddr_t pa;
    u32 code;

    sim_choice_here(STEP_USER, mmu_peek(va), CHOICE_LATER | (write ? CHOICE_WRITES : CHOICE_READS));
    while (!mmu_translate(va, write, &pa, &code))
        if (!take_page_fault(va, code))
            return NULL;
    sim_choice_here(STEP_USER, memory_word(pa), CHOICE_CLOSED | (write ? CHOICE_WRITES : CHOICE_READS));
    return memory_word(pa);
}

static bool range_ok(vaddr_t start, size_t n)
{
    return start < USER_END && n <= USER_END - start;
}

/* How much one access may cover: never past the page, word by word where others are likely to look. */
static size_t piece(vaddr_t va, size_t n, size_t whole)
{
    size_t to_page_end = PAGE_SIZE - (va & ~PAGE_MASK);
    size_t to_word_end = 4 - (va & 3);
    return MIN(n, whole > SHORT_COPY ? to_page_end : to_word_end);
}

enum direction { FROM_USER, TO_USER, CLEAR_USER };

/* To the kernel's memory it is an access like any other; programs' own races are their business. */
static void tell_of_copy(enum direction way, const void *kernel, const void *user, size_t n, u32 ip)
{
    races_touch(user, n, ACCESS_USER | ACCESS_MARKED | (way == FROM_USER ? 0 : ACCESS_WRITES), ip);
    if (way != CLEAR_USER)
        races_touch(kernel, n, way == FROM_USER ? ACCESS_WRITES : ACCESS_PLAIN, ip);
}

/* Bytes NOT copied. */
static size_t copy(enum direction way, void *kernel, vaddr_t user, size_t n)
{
    size_t whole = n;
    u32 ip = CALLER_IP();

    user_access_begins(ip);
    if (!range_ok(user, n))
        return n;
    while (n) {
        size_t part = piece(user, n, whole);
        void *at = user_access(user, way != FROM_USER);
        if (!at)
            break;
        if (races_on)
            tell_of_copy(way, kernel, at, part, ip);
        if (way == FROM_USER)
            memcpy(kernel, at, part);
        else if (way == TO_USER)
            memcpy(at, kernel, part);
        else
            memset(at, 0, part);
        kernel = way == CLEAR_USER ? kernel : (char *)kernel + part;
        user += part;
        n -= part;
    }
    return n;
}

size_t copy_from_user_partial(void *to, vaddr_t from, size_t n)
{
    return copy(FROM_USER, to, from, n);
}
size_t copy_to_user_partial(vaddr_t to, const void *from, size_t n)
{
    return copy(TO_USER, (void *)(uintptr_t)from, to, n);
}
int copy_from_user(void *to, vaddr_t from, size_t n)
{
    return copy(FROM_USER, to, from, n) ? -EFAULT : 0;
}
int copy_to_user(vaddr_t to, const void *from, size_t n)
{
    return copy_to_user_partial(to, from, n) ? -EFAULT : 0;
}

int clear_user(vaddr_t to, size_t n)
{
    char nothing;
    return copy(CLEAR_USER, &nothing, to, n) ? -EFAULT : 0;
}

int copy_string_from_user(char *to, vaddr_t from, size_t max)
{
    for (size_t n = 0; n < max; n++) {
        if (copy(FROM_USER, to + n, from + n, 1))
            return -EFAULT;
        if (to[n] == '\0')
            return (int)n;
    }
    return -ENAMETOOLONG;
}

int user_cmpxchg_u32(vaddr_t addr, u32 old, u32 new, u32 *seen)
{
    u32 *word;

    user_access_begins(CALLER_IP());
    if (!range_ok(addr, 4) || (addr & 3) || !(word = user_access(addr, true)))
        return -EFAULT;
    *seen = old;
    __atomic_compare_exchange_n(word, seen, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return 0;
}
