/* The frame that every entry stub builds; arch/x86/trap_stubs.asm pushes it, offsets are generated from here.
 */
#pragma once

struct trap_frame {
    u32 gs, fs, es, ds;
    u32 edi, esi, ebp, esp_unused, ebx, edx, ecx, eax; /* PUSHAD's order */
    u32 vector, error;                                 /* orig_eax for a system call is in `error` */
    u32 eip, cs, eflags;                               /* pushed by the processor */
    u32 esp, ss;                                       /* only when it came from ring 3 */
};

static inline bool frame_from_user(const struct trap_frame *f)
{
    return f->cs & 3; /* rings 1 and 2 are not used */
}
static inline u32 frame_error(const struct trap_frame *f)
{
    return f->error;
}
static inline vaddr_t frame_ip(const struct trap_frame *f)
{
    return f->eip;
}
static inline void frame_set_ip(struct trap_frame *f, vaddr_t ip)
{
    f->eip = ip;
}
static inline vaddr_t frame_sp(const struct trap_frame *f)
{
    return f->esp;
} /* user frames only */
static inline vaddr_t frame_fp(const struct trap_frame *f)
{
    return f->ebp;
}
static inline bool frame_irqs_were_on(const struct trap_frame *f)
{
    return f->eflags & 0x200u;
}
/* A system call's number and its six words, in the order of its arguments. */
static inline u32 frame_call_number(const struct trap_frame *f)
{
    return f->eax;
}
static inline void frame_call_words(const struct trap_frame *f, u32 words[6])
{
    words[0] = f->ebx;
    words[1] = f->ecx;
    words[2] = f->edx;
    words[3] = f->esi;
    words[4] = f->edi;
    words[5] = f->ebp;
}

/* A program's first moment: flat segments, interrupts on, every other register zero. The selectors are
 * Linux's too. */
#define USER_CS_SELECTOR 0x73u
#define USER_DS_SELECTOR 0x7Bu
static inline void frame_start_user(struct trap_frame *f, vaddr_t ip, vaddr_t sp)
{
    *f = (struct trap_frame){
        .ds = USER_DS_SELECTOR,
        .es = USER_DS_SELECTOR,
        .eip = ip,
        .cs = USER_CS_SELECTOR,
        .eflags = 0x202u,
        .esp = sp,
        .ss = USER_DS_SELECTOR,
    };
}
