/* The undo log: see undo.h. Built without hooks of its own. */
#include "arch/sim/order.h"
#include "arch/sim/undo_log.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

bool undo_on;
struct undo_log undo_log = {.epoch = 1};

/* What blocks held, one after the other; the entries know where each one came from. */
#define BLOCKS_BYTES (64u << 20)
static char *blocks;
static u32 blocks_used;

static void *reserve(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (p == MAP_FAILED) {
        perror("the undo log");
        exit(2);
    }
    return p;
}

static void begin_epoch(void)
{
    if (++undo_log.epoch == 0) { /* after some hours: what is remembered from long ago must not look new */
        memset(undo_log.recent, 0, sizeof(undo_log.recent));
        order_forget_epochs();
        undo_log.epoch = 1;
    }
}

u32 undo_position(void)
{
    if (!undo_log.entries) {
        undo_log.entries = reserve(LOG_ENTRIES * sizeof(struct undo_entry));
        blocks = reserve(BLOCKS_BYTES);
    }
    begin_epoch();
    return undo_log.used;
}

void undo_rewind(u32 position)
{
    while (undo_log.used > position) {
        struct undo_entry e = undo_log.entries[--undo_log.used];
        u32 at = (u32)(uintptr_t)e.at;
        if (likely(!(at & 1))) {
            *e.at = e.old;
            continue;
        }
        blocks_used -= e.old;
        memcpy((void *)(uintptr_t)(at & ~1u), blocks + blocks_used, e.old);
    }
    begin_epoch();
}

/* A part that lies in one page. */
static void note_part(u32 at, u32 bytes)
{
    if (at - undo_log.except_from < undo_log.except_bytes)
        return;
    if (at - KWINDOW_BASE < KWINDOW_END - KWINDOW_BASE)
        at = memory_window_direct(at);
    if (undo_log.used == LOG_ENTRIES || blocks_used + bytes > BLOCKS_BYTES)
        undo_full();
    memcpy(blocks + blocks_used, (void *)(uintptr_t)at, bytes);
    blocks_used += bytes;
    undo_log.entries[undo_log.used++] = (struct undo_entry){(u32 *)(uintptr_t)(at | 1), bytes};
}

void undo_note_block(u32 at, size_t bytes)
{
    undo_on = false; /* the copies are the log's own */
    for (u32 n; bytes; at += n, bytes -= n) {
        n = MIN(bytes, PAGE_SIZE - at % PAGE_SIZE);
        note_part(at, n);
    }
    undo_on = true;
}

void undo_except(const void *from, size_t bytes)
{
    undo_log.except_from = (u32)(uintptr_t)from;
    undo_log.except_bytes = bytes;
}

noreturn void undo_full(void)
{
    undo_on = false;
    sim_fail("the run wrote more than the undo log holds: it is too long to be taken back");
}

void undo_note(const volatile void *p, size_t bytes)
{
    log_bytes(p, bytes);
}
