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
