/*
 * The FPU's state in a signal frame: struct _fpstate_32 of i386 Linux. FSAVE's 108 bytes, because debuggers
 * and old programs read those; the status word again, and 0 for "FXSAVE's form follows"; and that.
 *
 * The processor writes and reads the user's memory itself: FXSAVE, FNSAVE and FXRSTOR begin again when they
 * fault, and whoever runs meanwhile saves and loads the registers as they stand.
 */
#include "arch/x86/fpu.h"
#include "diag/assert.h"
#include "sched/task.h"
#include <inline/user_words.h>

#define STATUS      108 /* behind the old form */
#define NEW_FORM    112
#define FRAME_BYTES (NEW_FORM + FPU_STATE_BYTES)
#define FRAME_ALIGN 64u /* FXSAVE wants 16 */

/* FNSAVE leaves a clean x87 behind, which is how handlers find it on Linux, too. */
bool context_fpu_push(vaddr_t *sp, vaddr_t *at)
{
    vaddr_t to = ALIGN_DOWN(*sp - FRAME_BYTES, FRAME_ALIGN);

    *at = 0;
    if (!current->arch.fpu_used)
        return true;
    if (!user_words_begin(to, FRAME_BYTES))
        return false;
    __asm__ goto("1: fxsave %c1(%0)\n\t"
                 "fnstsw %%ax\n\t"
                 "movzwl %%ax, %%eax\n\t"
                 "2: fnsave (%0)\n\t"
                 "3: movl %%eax, %c2(%0)\n\t" FIXUP("1b", "%l3") FIXUP("2b", "%l3") FIXUP("3b", "%l3")
                 :
                 : "r"(to), "i"(NEW_FORM), "i"(STATUS)
                 : "eax", "memory"
                 : failed);
    *sp = *at = to;
    return true;
failed:
    return false;
}

/* By way of the kernel's memory, where reserved bits of MXCSR can be taken out: FXRSTOR refuses them. */
static bool pop_checked(vaddr_t at)
{
    u8 area[FPU_STATE_BYTES] aligned_to(16);

    if (copy_from_user(area, at + NEW_FORM, sizeof(area)))
        return false;
    fpu_load_checked(area);
    return true;
}

bool context_fpu_pop(vaddr_t at)
{
    if (!user_words_begin(at, FRAME_BYTES))
        return false;
    if (user_get(at + NEW_FORM + FXSAVE_MXCSR, ~0u) & ~MXCSR_VALID)
        return pop_checked(at);
    if (!current->arch.fpu_used)
        fpu_first_use();
    __asm__ goto("1: fxrstor %c1(%0)\n\t" FIXUP("1b", "%l2")::"r"(at), "i"(NEW_FORM) : "memory" : failed);
    return true;
failed: /* not there, not aligned, or changed since we looked */
    return pop_checked(at);
}
