/* printf's core: C99 conversions (d i u x X o c s p z h l ll * .) and, by the hook, %pS. No floats. */
#pragma once
#include "lib/compiler.h"

/* Returns the length that would have been written; always a NUL when size > 0. */
int fmt_snprintf(char *buf, size_t size, const char *fmt, ...) printf_like(3, 4);
int fmt_vsnprintf(char *buf, size_t size, const char *fmt, va_list args);
/* How %pS becomes text; set by diag/symbols.c. */
extern int (*fmt_symbol_hook)(char *buf, size_t size, vaddr_t addr);
