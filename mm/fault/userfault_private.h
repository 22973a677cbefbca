/* Between the files of userfault. Key: (u) uf->lock; (c) constant; (a) READ_ONCE. */
#pragma once
#include "mm/fault/userfault.h"

struct userfault {
    struct spinlock lock; /* RANK_USERFAULT */
    struct list asked;    /* (u) askers whose question no handler has been told, the oldest first */
    struct list told;     /* (u) and those whose has */
    u32 answers;          /* (u) to write: moves with every page that is provided, and every waking (R57) */
    struct waitqueue readers;
    atomic_t refs;  /* the file's, and one of each fault that waits */
    struct mm *mm;  /* (c) referenced */
    bool user_only; /* (c) */
    bool sigbus;    /* (a) nobody is asked */
};

/* A fault that waits; on its stack. */
struct asker {
    struct list link; /* (u) in asked or told, until it is answered */
    struct userfault_question question;
    bool answered; /* (u) to write */
    struct waitqueue wait;
};

void userfault_get(struct userfault *uf);
void userfault_put(struct userfault *uf); /* the last frees it; no spinlock held */
/* Something was provided or woken: whoever looked before it looks again, and does not begin to wait. */
void userfault_count_answer(struct userfault *uf);
/* Queues the asker, and wakes the readers. False, not queued: there was an answer since `seen_answers` was
 * read. */
must_check bool userfault_ask(struct userfault *uf, struct asker *asker, u32 seen_answers);
/* It is queued no more, answered or not, and nobody uses it after this. */
void userfault_leave(struct userfault *uf, struct asker *asker);
