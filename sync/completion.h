/* A one-way gate: done once, all who wait pass. */
#pragma once
#include "sync/waitqueue.h"

struct completion {
    struct waitqueue wq;
    u32 done;
};
void completion_init(struct completion *c);
void complete(struct completion *c);            /* any context */
void completion_wait(struct completion *c);     /* sleeps */
bool completion_is_done(const struct completion *c);
