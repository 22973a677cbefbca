/* libFuzzer's way in (`make fuzz SECONDS=60`): clang, with coverage, ASan and UBSan. The engine is plain C,
 * so this build needs no simulated machine and no 32-bit run-time. */
#include "diag/assert.h"
#include "tests/host/fuzz/range_script.h"
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t n);
int LLVMFuzzerTestOneInput(const u8 *bytes, size_t n)
{
    (void)range_script_run(bytes, n);
    return 0;
}

noreturn void assert_failed(const char *expr, const char *file, int line, const char *func)
{
    fprintf(stderr, "assert failed: %s, in %s at %s:%d\n", expr, func, file, line);
    abort();
}
