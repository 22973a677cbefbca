/* A broken assert is our mistake: it ends the machine as a panic that quotes the expression. */
#include "diag/assert.h"
#include "diag/panic.h"

void assert_failed(const char *expr, const char *file, int line, const char *func)
{
    panic("assert failed: %s, in %s at %s:%d", expr, func, file, line);
}
