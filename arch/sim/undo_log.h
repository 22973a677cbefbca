/* The log of undo.h from within: every store of a run goes through here, so it is inline. */
#pragma once
#include "arch/sim/memory.h"
#include "arch/sim/run.h"
#include "arch/sim/undo.h"

/* A run of stress_mixed writes a few million words. */
#define LOG_ENTRIES (24u << 20)

/* A word and what it held; or a block (its address is odd), whose bytes lie in the log's second half. */
struct undo_entry {
    u32 *at;
    u32 old;
};

/*
 * To come back to a checkpoint takes a word's value at that moment: of all stores to it up to the next
 * checkpoint only the first has to be logged. This remembers the words that were, as far as it has room.
 */
#define RECENT_WORDS 4096u
struct undo_recent {
    u32 at, epoch; /* logged in this one */
};

extern struct undo_log {
    struct undo_entry *entries;
    u32 used;
    u32 except_from, except_bytes;
    u32 epoch; /* grows with every checkpoint and every rewind */
    struct undo_recent recent[RECENT_WORDS];
} undo_log;

/* There is no room for more: the run ends. */
noreturn void undo_full(void);
/* The same for many bytes, by copying them. */
void undo_note_block(u32 at, size_t bytes);

/* A word of the kernel window is logged where its frame lies: the mapping may be another one by the time of
 * the rewind. */
static always_inline void log_word(u32 at)
{
    if (at - undo_log.except_from < undo_log.except_bytes)
        return;
    if (unlikely(at - KWINDOW_BASE < KWINDOW_END - KWINDOW_BASE))
        at = memory_window_direct(at);
    struct undo_recent *recent = &undo_log.recent[at / 4 % RECENT_WORDS];
    if (recent->at == at && recent->epoch == undo_log.epoch)
        return;
    *recent = (struct undo_recent){at, undo_log.epoch};
    if (unlikely(undo_log.used == LOG_ENTRIES))
        undo_full();
    undo_log.entries[undo_log.used++] = (struct undo_entry){(u32 *)at, *(u32 *)at};
}

/* Words of the explorer's own that are known not to be logged in this epoch. */
static always_inline void log_fresh_words(u32 *at, u32 n)
{
    if (unlikely(undo_log.used + n > LOG_ENTRIES))
        undo_full();
    for (u32 i = 0; i < n; i++)
        undo_log.entries[undo_log.used++] = (struct undo_entry){at + i, at[i]};
}

#define BLOCK_BYTES 64u /* from here on a copy is cheaper than words */

static always_inline void log_bytes(const volatile void *p, size_t bytes)
{
    u32 at = (u32)(uintptr_t)p & ~3u, end = (u32)(uintptr_t)p + bytes;

    if (!undo_on)
        return;
    if (bytes >= BLOCK_BYTES) {
        undo_note_block(at, end - at);
        return;
    }
    for (; at < end; at += 4)
        log_word(at);
}

/* One of a size that divides a word: it lies in one. */
static always_inline void log_small(const volatile void *p)
{
    if (undo_on)
        log_word((u32)(uintptr_t)p & ~3u);
}
