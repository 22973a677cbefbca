/* The undo log: see undo.h. Built without hooks of its own. */
#include "arch/sim/undo_log.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

bool undo_on;
struct undo_log undo_log;

u32 undo_position(void)
{
    if (!undo_log.entries) {
        undo_log.entries = mmap(NULL, LOG_ENTRIES * sizeof(struct undo_entry), PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (undo_log.entries == MAP_FAILED) {
            perror("the undo log");
            exit(2);
        }
    }
    return undo_log.used;
}

void undo_rewind(u32 position)
{
    while (undo_log.used > position) {
        undo_log.used--;
        *undo_log.entries[undo_log.used].at = undo_log.entries[undo_log.used].old;
    }
}

void undo_except(const void *from, size_t bytes)
{
    undo_log.except_from = (u32)(uintptr_t)from;
    undo_log.except_bytes = bytes;
}

noreturn void undo_full(void)
{
    undo_on = false;
    sim_fail("the run wrote more than %u words: it is too long to be taken back", LOG_ENTRIES);
}

void undo_note(const volatile void *p, size_t bytes)
{
    log_bytes(p, bytes);
}
