/* Fibers: see fiber.h. The switch is fourteen instructions; everything else is bookkeeping for it. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#include "arch/sim/fiber.h"
#include "arch/sim/run.h"
#include "arch/sim/undo.h"

/* Instrumented frames are several times as large as the kernel's own. */
#define FIBER_STACK (256u * 1024u)
#define HOST_PAGE   4096u
#define FIBERS_MAX  1000u

static struct sim_fiber host_fiber;
struct sim_fiber *fiber_now = &host_fiber;
static struct sim_fiber *left_behind; /* who ran before the switch that is under way */
static struct sim_fiber *free_fibers;
static struct sim_fiber fibers[FIBERS_MAX];
static u32 fiber_n;

void sim_fiber_swap(u32 *save_esp, u32 load_esp);
void sim_fiber_first(void);
void fiber_begin(void);

/*
 * sim_fiber_swap(save_esp, load_esp): cdecl. Pushes what the i386 ABI says a callee keeps, saves and loads
 * esp. sim_fiber_first: where a new fiber's first `ret` lands; ebp = 0 ends every backtrace there.
 */
__asm__(".text\n"
        ".globl sim_fiber_swap\n"
        ".type sim_fiber_swap, @function\n"
        "sim_fiber_swap:\n"
        "    movl 4(%esp), %eax\n"
        "    movl 8(%esp), %edx\n"
        "    pushl %ebp\n"
        "    pushl %ebx\n"
        "    pushl %esi\n"
        "    pushl %edi\n"
        "    movl %esp, (%eax)\n"
        "    movl %edx, %esp\n"
        "    popl %edi\n"
        "    popl %esi\n"
        "    popl %ebx\n"
        "    popl %ebp\n"
        "    ret\n"
        ".size sim_fiber_swap, . - sim_fiber_swap\n"
        ".globl sim_fiber_first\n"
        ".type sim_fiber_first, @function\n"
        "sim_fiber_first:\n"
        "    xorl %ebp, %ebp\n"
        "    andl $-16, %esp\n"
        "    call fiber_begin\n"
        "    ud2\n"
        ".size sim_fiber_first, . - sim_fiber_first\n");

static void recycle(struct sim_fiber *fiber)
{
    fiber->idle = true;
    fiber->next_free = free_fibers;
    free_fibers = fiber;
}

/* The second half of a switch, on the stack that was switched to. */
static void switch_landed(void)
{
    struct sim_fiber *from = left_behind;
#ifdef __SANITIZE_ADDRESS__
    const void *bottom;
    size_t size;
    __sanitizer_finish_switch_fiber(fiber_now->fake_stack, &bottom, &size);
    if (!from->stack && !from->size) { /* the host's own stack: learn its bounds once */
        from->stack = (char *)bottom;
        from->size = size;
    }
#endif
    if (from->retired)
        recycle(from);
}

void fiber_begin(void)
{
    switch_landed();
    fiber_now->entry(fiber_now->arg);
    fprintf(stderr, "a fiber's entry returned\n");
    abort();
}

void fiber_switch(struct sim_fiber *to)
{
    struct sim_fiber *from = fiber_now;
    if (from == to)
        return;
    left_behind = from;
    fiber_now = to;
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_start_switch_fiber(from->retired ? NULL : &from->fake_stack, to->stack, to->size);
#endif
    sim_fiber_swap(&from->esp, to->esp);
    switch_landed();
}

/* All stacks lie in one place, so that whoever looks at a store knows whether it went to a stack. */
static char *stacks;

static void reserve_stacks(void)
{
    stacks = mmap(NULL, FIBERS_MAX * (FIBER_STACK + HOST_PAGE), PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stacks == MAP_FAILED) {
        fprintf(stderr, "the host has no memory for the fibers' stacks\n");
        exit(2);
    }
    undo_except(stacks, FIBERS_MAX * (FIBER_STACK + HOST_PAGE));
}

static struct sim_fiber *stack_new(void)
{
    if (!stacks)
        reserve_stacks();
    if (fiber_n == FIBERS_MAX)
        sim_fail("more than %u tasks at one time: there are no more stacks", FIBERS_MAX);
    struct sim_fiber *fiber = &fibers[fiber_n];
    char *memory = stacks + fiber_n++ * (FIBER_STACK + HOST_PAGE);
    mprotect(memory, HOST_PAGE, PROT_NONE);
    fiber->stack = memory + HOST_PAGE;
    fiber->size = FIBER_STACK;
    return fiber;
}

struct sim_fiber *fiber_create(void (*entry)(void *), void *arg)
{
    struct sim_fiber *fiber = free_fibers;
    if (fiber)
        free_fibers = fiber->next_free;
    else
        fiber = stack_new();
#ifdef __SANITIZE_ADDRESS__
    __asan_unpoison_memory_region(fiber->stack, fiber->size); /* the former life's frames never returned */
#endif
    fiber->entry = entry;
    fiber->arg = arg;
    fiber->retired = false;
    fiber->idle = false;
    fiber->fake_stack = NULL;
    u32 *top = (u32 *)(fiber->stack + fiber->size) - 8;
    top[4] = (u32)(uintptr_t)sim_fiber_first; /* after edi, esi, ebx, ebp */
    top[0] = top[1] = top[2] = top[3] = 0;
    fiber->esp = (u32)(uintptr_t)top;
    return fiber;
}

void fiber_retire(struct sim_fiber *fiber)
{
    if (!fiber || fiber->retired)
        return;
    fiber->retired = true;
    if (fiber == fiber_now)
        return;
    recycle(fiber);
}

struct sim_fiber *fiber_next(struct sim_fiber *after)
{
    for (u32 i = after ? (u32)(after - fibers) + 1 : 0; i < fiber_n; i++)
        if (!fibers[i].idle)
            return &fibers[i];
    return NULL;
}
