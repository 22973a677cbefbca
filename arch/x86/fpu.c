/*
 * The FPU. Invariant: CR0.TS is clear exactly while a task with fpu_used runs, and then its state is in the
 * registers. A task's first FPU instruction traps (#NM) and gets it a clean state. Saving is eager: state
 * never stays behind on another CPU, so no CPU ever has to ask one for it.
 */
#include "arch/x86/fpu.h"
#include "arch/x86/port.h"
#include "diag/assert.h"
#include "lib/string.h"
#include "sched/task.h"

#define FXSAVE_FCW    0
#define FCW_DEFAULT   0x037F
#define MXCSR_DEFAULT 0x1F80u

static void save(void *area)
{
    __asm__ volatile("fxsave (%0)" ::"r"(area) : "memory");
}
static void load(const void *area)
{
    __asm__ volatile("fxrstor (%0)" ::"r"(area) : "memory");
}
static void fpu_on(void)
{
    __asm__ volatile("clts" ::: "memory");
}
static void fpu_off(void)
{
    cr0_write(cr0_read() | CR0_TS);
}

static void make_clean(u8 *area)
{
    u16 fcw = FCW_DEFAULT;
    u32 mxcsr = MXCSR_DEFAULT;

    memset(area, 0, FPU_STATE_BYTES);
    memcpy(area + FXSAVE_FCW, &fcw, sizeof fcw);
    memcpy(area + FXSAVE_MXCSR, &mxcsr, sizeof mxcsr);
}

/* Gives the running task the registers, with the state in `area`. Preemption off between the flag and the
 * load, or a switch would save junk. */
static void take_registers(struct arch_task *arch, const void *area)
{
    preempt_disable();
    arch->fpu_used = true;
    fpu_on();
    load(area);
    preempt_enable();
}

void fpu_first_use(void)
{
    struct arch_task *arch = &current->arch;

    assert(!arch->fpu_used);
    make_clean(arch->fpu);
    take_registers(arch, arch->fpu);
}

void fpu_switch(struct task *from, struct task *to)
{
    if (from->arch.fpu_used)
        save(from->arch.fpu);
    if (to->arch.fpu_used) {
        if (!from->arch.fpu_used)
            fpu_on();
        load(to->arch.fpu);
    } else if (from->arch.fpu_used) {
        fpu_off();
    }
}

bool context_fpu_save(void *area)
{
    if (!current->arch.fpu_used)
        return false;
    preempt_disable();
    save(area);
    preempt_enable();
    return true;
}

void fpu_load_checked(void *area)
{
    u32 mxcsr;

    memcpy(&mxcsr, (u8 *)area + FXSAVE_MXCSR, sizeof mxcsr);
    mxcsr &= MXCSR_VALID; /* a set reserved bit would be #GP in the kernel */
    memcpy((u8 *)area + FXSAVE_MXCSR, &mxcsr, sizeof mxcsr);
    take_registers(&current->arch, area);
}

void context_release(struct task *task)
{
    task->arch.fpu_used = false;
}

/* fork: the child continues with the parent's registers and TLS. */
void context_copy(struct task *to, const struct task *from)
{
    assert(from == current);
    preempt_disable();
    memcpy(to->arch.tls, from->arch.tls, sizeof to->arch.tls);
    to->arch.fpu_used = from->arch.fpu_used;
    if (from->arch.fpu_used)
        save(to->arch.fpu);
    preempt_enable();
}

void context_reset_user(void)
{
    struct arch_task *arch = &current->arch;

    for (unsigned i = 0; i < 3; i++)
        context_set_tls(current, i, 0);
    preempt_disable();
    if (arch->fpu_used)
        fpu_off();
    arch->fpu_used = false;
    preempt_enable();
}
