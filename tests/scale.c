/* The boot word scale=. */
#include "tests/scale.h"
#include "diag/bootwords.h"

u32 test_scale = 1;
BOOT_NUMBER(scale, "long tests repeat this many times as often (test image)", &test_scale);
