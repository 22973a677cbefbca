/* The frame of a simulated page fault: the accessors are the contract, the fields are not. */
#pragma once
#include "lib/types.h"

struct trap_frame {
    vaddr_t ip, sp, fp;
    u32 vector, error;
    bool user, irqs_were_on;
};

static inline bool frame_from_user(const struct trap_frame *f)
{
    return f->user;
}
static inline u32 frame_error(const struct trap_frame *f)
{
    return f->error;
}
static inline vaddr_t frame_ip(const struct trap_frame *f)
{
    return f->ip;
}
static inline void frame_set_ip(struct trap_frame *f, vaddr_t ip)
{
    f->ip = ip;
}
static inline vaddr_t frame_sp(const struct trap_frame *f)
{
    return f->sp;
}
static inline vaddr_t frame_fp(const struct trap_frame *f)
{
    return f->fp;
}
static inline bool frame_irqs_were_on(const struct trap_frame *f)
{
    return f->irqs_were_on;
}
/* No system calls here: the trace's writer of them gets some words all the same. */
static inline u32 frame_call_number(const struct trap_frame *f)
{
    return f->vector;
}
static inline void frame_call_words(const struct trap_frame *f, u32 words[6])
{
    for (u32 n = 0; n < 6; n++)
        words[n] = n + 1;
}
