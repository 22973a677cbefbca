/*
 * Backtraces by frame pointers. The chain may be anything by the time somebody wants to see it, so each link
 * is believed only if it goes upward, in steps that fit a stack, to words that are mapped.
 */
#include "arch/context.h"
#include "arch/pgtable.h"
#include "diag/panic.h"
#include "diag/printk.h"

#define FRAMES_MAX 32

#ifdef FL_HOST
#define STACK_SPAN (256u << 10) /* ASan's frames are large */
static bool is_mapped(vaddr_t va)
{
    return va >= PAGE_SIZE;
}
#else
#define STACK_SPAN KSTACK_SIZE
/* Every kernel stack lies in the window, whose page tables exist from boot, so the look itself cannot fault.
 */
static bool is_mapped(vaddr_t va)
{
    return va >= KWINDOW_BASE && va < KWINDOW_END && pte_present(kernel_pte_get(va & PAGE_MASK));
}
#endif

/* A saved frame pointer and a return address lie at `fp`. */
static bool is_frame(vaddr_t fp)
{
    return fp % 4 == 0 && is_mapped(fp) && is_mapped(fp + 2 * sizeof(u32) - 1);
}

void backtrace_print(vaddr_t ip, vaddr_t fp)
{
    vaddr_t end = fp + STACK_SPAN;

    printk("  backtrace:\n    %pS\n", (void *)(uintptr_t)ip);
    for (int frames = 0; frames < FRAMES_MAX && is_frame(fp); frames++) {
        const u32 *frame = (const u32 *)(uintptr_t)fp;
        vaddr_t caller = frame[1];
        if (caller == 0)
            return;
        if (caller != ip) /* panic() starts with its own frame, whose caller is printed already */
            printk("    %pS\n", (void *)(uintptr_t)(caller - 1)); /* the call, not the line after it */
        ip = 0;
        if (frame[0] <= fp || frame[0] >= end)
            return;
        fp = frame[0];
    }
}
