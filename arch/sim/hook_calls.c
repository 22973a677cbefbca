/* See hooks.h. The program's own code is written to: each exploration is a process of its own (explore.c), and
 * what it changes is its copy. No hooks here. */
#include "arch/memmap.h"
#include "arch/sim/hooks.h"
#include "arch/sim/races.h"
#include "lib/string.h"
#include <sys/mman.h>

#define CALL       0xe8u /* and 32 bits: from the next instruction to the target */
#define CALL_BYTES 5u

bool reads_go;

/* The linker's: where the program begins in memory, and where its code ends. */
extern char __executable_start[], etext[];

void hooks_prepare(void)
{
    u32 from = (u32)(uintptr_t)__executable_start & PAGE_MASK, to = (u32)(uintptr_t)etext;

    if (!races_wanted())
        reads_go = !mprotect((void *)from, to - from, PROT_READ | PROT_WRITE | PROT_EXEC);
}

void hook_drop_call(u32 ip, void (*hook)(void *))
{
    static const u8 nothing[CALL_BYTES] = {0x0f, 0x1f, 0x44, 0x00, 0x00}; /* a NOP of that length */
    u8 *call = (u8 *)(uintptr_t)(ip - CALL_BYTES);
    u32 distance;

    memcpy(&distance, call + 1, sizeof(distance));
    if (*call == CALL && ip + distance == (u32)(uintptr_t)hook)
        memcpy(call, nothing, CALL_BYTES);
}
