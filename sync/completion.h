/* A one-way gate: done once, all who wait pass. */
#pragma once
#include "sync/waitqueue.h"

struct completion {
    struct waitqueue wq;
    u32 done; /* written under wq.lock, so that a waiter that returns knows the completer to be out of here */
};
void completion_init_class(struct completion *c, struct lock_class *class);
#define completion_init(c) completion_init_class(c, LOCK_CLASS(#c, WAIT))
void complete(struct completion *c);        /* any context; `c` may be gone when this returns */
void completion_wait(struct completion *c); /* sleeps; `c` may be freed afterwards */
bool completion_is_done(const struct completion *c);
