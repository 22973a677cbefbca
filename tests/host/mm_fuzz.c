/* S07, S14, S19: a bounded run of what `make fuzz` does without end, so that the scripts never rot. */
#include "lib/random.h"
#include "tests/host/fuzz/allocator_script.h"
#include "tests/host/fuzz/range_script.h"
#include "tests/test.h"

#define SCRIPT_BYTES 2048u
#define SCRIPTS      200u

static void random_bytes(struct random *rnd, u8 *bytes, u32 n)
{
    for (u32 i = 0; i < n; i++)
        bytes[i] = (u8)random_next(rnd);
}

TEST(s19_fuzz_range, .shows = "random scripts of the range engine agree with a bitmap after every step")
{
    static u8 script[SCRIPT_BYTES];
    struct random rnd;
    u32 steps = 0;

    random_seed(&rnd, 1907);
    for (u32 i = 0; i < SCRIPTS; i++) {
        random_bytes(&rnd, script, sizeof script);
        steps += range_script_run(script, sizeof script);
    }
    test_note("%u scripts, %u steps", SCRIPTS, steps);
}

/* ---- the allocators on the simulated machine, refusals included ---- */

static void run_random_scripts(u32 which, u32 seed, u32 scripts)
{
    static u8 script[SCRIPT_BYTES];
    struct random rnd;
    u32 steps = 0;

    random_seed(&rnd, seed);
    for (u32 i = 0; i < scripts; i++) {
        random_bytes(&rnd, script, sizeof script);
        steps += allocator_script_run(script, sizeof script, which);
    }
    test_note("%u scripts, %u steps", scripts, steps);
}

TEST(s19_fuzz_frames,
     .shows = "random scripts of frames, ranges of them and claims agree with a model and leak nothing")
{
    run_random_scripts(SCRIPT_FRAMES, 1919, 6);
}
TEST(s12_fuzz_kvalloc,
     .shows = "random scripts of kvalloc agree with a model, keep their guards and leak nothing")
{
    run_random_scripts(SCRIPT_KVALLOC, 1912, 4);
}
TEST(s16_fuzz_slab, .shows = "random scripts of kmalloc agree with a model and leave no object behind")
{
    run_random_scripts(SCRIPT_SLAB, 1916, 8);
}
TEST(s14_fuzz_allocators, .shows = "random scripts of all allocators, with refusals in between, leak nothing")
{
    run_random_scripts(SCRIPT_FRAMES | SCRIPT_KVALLOC | SCRIPT_SLAB, 1914, 6);
}
