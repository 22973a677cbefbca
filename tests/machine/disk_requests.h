/* Requests of tests that do not wait for each one: what became of them is collected here. */
#pragma once
#include "fs/block/block.h"
#include "sync/completion.h"

/* Answers that are waited for together. */
struct answers {
    struct completion all;
    atomic_t left;   /* requests without an answer, and one until answers_wait() */
    atomic_t failed; /* with an error */
    int error;       /* the last such */
};
struct asked {
    struct block_request request;
    struct block_fragment fragment;
};

void answers_init(struct answers *answers);
/* A request for part of one frame, whose answer counts; and sent, which is what block_submit() says. */
void answers_prepare(struct answers *answers, struct asked *asked, enum block_op op, u64 sector,
                     struct block_fragment fragment);
int answers_ask(struct answers *answers, struct asked *asked, struct block_device *device, enum block_op op,
                u64 sector, struct block_fragment fragment);
/* Sleeps until all are answered; returns how many failed. */
u32 answers_wait(struct answers *answers);
/* A whole page. */
static inline struct block_fragment whole_page(struct page *page)
{
    return (struct block_fragment){page, 0, PAGE_SIZE};
}
