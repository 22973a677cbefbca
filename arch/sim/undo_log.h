/* The log of undo.h from within: every store of a run goes through here, so it is inline. */
#pragma once
#include "arch/sim/memory.h"
#include "arch/sim/run.h"
#include "arch/sim/undo.h"

/* A run of stress_mixed writes a few million words. */
#define LOG_ENTRIES (24u << 20)

struct undo_entry {
    u32 *at;
    u32 old;
};
extern struct undo_log {
    struct undo_entry *entries;
    u32 used;
    u32 except_from, except_bytes;
} undo_log;

/* There is no room for more: the run ends. */
noreturn void undo_full(void);

/* A word of the kernel window is logged where its frame lies: the mapping may be another one by the time of
 * the rewind. */
static always_inline void log_word(u32 at)
{
    if (at - undo_log.except_from < undo_log.except_bytes)
        return;
    if (unlikely(at - KWINDOW_BASE < KWINDOW_END - KWINDOW_BASE))
        at = memory_window_direct(at);
    if (unlikely(undo_log.used == LOG_ENTRIES))
        undo_full();
    undo_log.entries[undo_log.used++] = (struct undo_entry){(u32 *)at, *(u32 *)at};
}

static always_inline void log_bytes(const volatile void *p, size_t bytes)
{
    u32 at = (u32)(uintptr_t)p & ~3u, end = (u32)(uintptr_t)p + bytes;

    for (; undo_on && at < end; at += 4)
        log_word(at);
}

/* One of a size that divides a word: it lies in one. */
static always_inline void log_small(const volatile void *p)
{
    if (undo_on)
        log_word((u32)(uintptr_t)p & ~3u);
}
