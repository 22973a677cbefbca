/* Memory and strings; names and semantics are the C library's. The host build uses the host's. */
#pragma once
#include "lib/types.h"
void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *sub);
#ifndef FL_HOST
/* -ffreestanding hides from gcc what these do; told again, it expands copies of a constant size in place. */
#define memcpy(to, from, n) __builtin_memcpy(to, from, n)
#define memset(to, c, n)    __builtin_memset(to, c, n)
#define memcmp(a, b, n)     __builtin_memcmp(a, b, n)
#define strlen(s)           __builtin_strlen(s)
#endif
/* Copies with a NUL always, cut to size; returns strlen(from). */
size_t string_copy(char *to, const char *from, size_t size);
/* `*`, `?`, `[a-c]` and `[!a-c]` as in a shell, for TEST= and trace globs. */
bool glob_match(const char *pattern, const char *s);
/* Decimal or 0x; false when there is anything else or overflow. */
bool parse_u32(const char *s, u32 *value);
