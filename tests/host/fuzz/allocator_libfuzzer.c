/*
 * libFuzzer's way in for the allocators (`make fuzz`): the kernel's mm/ on a simulated machine of one CPU,
 * which is booted once and goes on from script to script. Which allocators a script may use is -DSCRIPT=.
 */
#include "arch/sim/machine.h"
#include "arch/sim/memory.h"
#include "arch/sim/sim.h"
#include "tests/host/fuzz/allocator_script.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const u8 *bytes, size_t n);

static const u8 *script;
static size_t script_bytes;

static void run_scripts(void *unused)
{
    for (;;) {
        machine_pause();
        allocator_script_run(script, script_bytes, SCRIPT);
    }
}

/* What arch/sim/run.c has for the explorer: here the machine's end is a finding, and libFuzzer keeps the
 * input. */
void run_log(const char *text, size_t n)
{
    fwrite(text, 1, n, stderr);
}
noreturn void sim_fail(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    abort();
}
noreturn void run_finish(enum verdict verdict)
{
    abort();
}
static struct run the_run;
struct run *run = &the_run;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    memory_claim(*argv);
    sim_boot(1, "", run_scripts);
    return 0;
}

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t n)
{
    script = bytes;
    script_bytes = n;
    machine_run();
    return 0;
}
