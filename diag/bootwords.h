/*
 * Words on the kernel's command line. Each owner declares its word where it is used; `help` prints them all
 * and an unknown word stops the boot with the list. Values: a choice of names, a number, a flag or free text.
 *
 *   static unsigned ptaccess;
 *   BOOT_CHOICE(ptaccess, "how page tables are reached", &ptaccess, "mirror", "directmap");
 */
#pragma once
#include "lib/compiler.h"

struct boot_word {
    const char *name;
    const char *help;
    enum { WORD_FLAG, WORD_NUMBER, WORD_TEXT, WORD_CHOICE } kind;
    void *value; /* bool *, u32 *, char[WORD_TEXT_MAX], unsigned * (index of the choice) */
    const char *choices[10];
};
#define WORD_TEXT_MAX 1024

#define BOOT_WORD_(ident, ...)                                                                               \
    static const struct boot_word boot_word_##ident in_section("bootwords") aligned_to(4) = {__VA_ARGS__}
#define BOOT_FLAG(w, h, p)   BOOT_WORD_(w, .name = #w, .help = h, .kind = WORD_FLAG, .value = p)
#define BOOT_NUMBER(w, h, p) BOOT_WORD_(w, .name = #w, .help = h, .kind = WORD_NUMBER, .value = p)
#define BOOT_TEXT(w, h, p)   BOOT_WORD_(w, .name = #w, .help = h, .kind = WORD_TEXT, .value = p)
#define BOOT_CHOICE(w, h, p, ...)                                                                            \
    BOOT_WORD_(w, .name = #w, .help = h, .kind = WORD_CHOICE, .value = p, .choices = {__VA_ARGS__})

/* Parses all words into their variables; boot_refuse()s on a wrong one. `a=b` and, for flags, `a` alone. */
void bootwords_parse(const char *line);
