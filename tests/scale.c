/* The boot words counts= and scale=. */
#include "tests/scale.h"
#include "diag/bootwords.h"
#include "tests/test.h"

/* The seeds' counts are up to thousands of times the brief ones; rounds cost less than the limits allow for.
 */
#define PATIENCE 100u

static u32 scale = 1;
BOOT_NUMBER(scale, "long tests repeat this many times as often (test image)", &scale);
static unsigned counts;
BOOT_CHOICE(counts, "long tests repeat briefly, or as often as the seeds' rows say (test image)", &counts,
            "brief", "full");

u32 test_count(u32 brief, u32 full)
{
    return counts ? full : brief * scale;
}

u32 test_patience(void)
{
    return counts ? PATIENCE : 1;
}

void test_progress(u32 done, u32 all)
{
    u32 tenth = all / 10;

    if (counts && tenth > 0 && done > 0 && done % tenth == 0)
        test_note("%u of %u rounds", done, all);
}
