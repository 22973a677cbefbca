/*
 * libFuzzer's way in for the allocators (`make fuzz`): the kernel's mm/ on a simulated machine of one CPU,
 * which is booted once and goes on from script to script. Which allocators a script may use is -DSCRIPT=.
 */
#include "arch/sim/machine.h"
#include "arch/sim/memory.h"
#include "arch/sim/sim.h"
#include "tests/host/fuzz/allocator_script.h"

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
