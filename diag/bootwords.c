/*
 * The kernel's command line: `name=value` words separated by blanks; a value may stand in double quotes. The
 * words are gathered by the linker from wherever they are declared, so this file knows none of them.
 */
#include "diag/bootwords.h"
#include "arch/cpu.h"
#include "diag/panic.h"
#include "diag/printk.h"
#include "lib/string.h"

extern const struct boot_word __start_bootwords[], __stop_bootwords[];

#define for_each_word(w) for (const struct boot_word *w = __start_bootwords; w < __stop_bootwords; w++)

#define TOKEN_MAX (WORD_TEXT_MAX + 32)
struct token {
    char name[TOKEN_MAX];
    char *value; /* inside name's buffer; NULL: the word stood alone */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Reads the next word into `token`; returns the place after it, or NULL at the end of the line. */
static const char *next_token(const char *p, struct token *token)
{
    size_t n = 0;
    bool quoted = false;

    while (is_blank(*p))
        p++;
    if (*p == 0)
        return NULL;
    for (; *p && (quoted || !is_blank(*p)); p++) {
        if (*p == '"')
            quoted = !quoted;
        else if (n < TOKEN_MAX - 1)
            token->name[n++] = *p;
        else
            boot_refuse("boot word \"%.24s...\" is longer than %d characters", token->name, TOKEN_MAX - 1);
    }
    token->name[n] = 0;
    token->value = strchr(token->name, '=');
    if (token->value)
        *token->value++ = 0;
    return p;
}

/* What a user may write after the name, and what the value is now. */
static void print_word(const struct boot_word *w)
{
    switch (w->kind) {
    case WORD_FLAG:
        printk("  %s[=on|off]  %s (%s)\n", w->name, w->help, *(bool *)w->value ? "on" : "off");
        break;
    case WORD_NUMBER:
        printk("  %s=NUMBER  %s (%u)\n", w->name, w->help, *(u32 *)w->value);
        break;
    case WORD_TEXT:
        printk("  %s=TEXT  %s (%s)\n", w->name, w->help, *(char *)w->value ? (char *)w->value : "none");
        break;
    case WORD_CHOICE:
        printk("  %s=", w->name);
        for (u32 i = 0; i < ARRAY_SIZE(w->choices) && w->choices[i]; i++)
            printk("%s%s", i ? "|" : "", w->choices[i]);
        printk("  %s (%s)\n", w->help, w->choices[*(unsigned *)w->value]);
        break;
    }
}

static void print_words(void)
{
    printk_set_quiet(false); /* the word that asks for quiet may have come before the wrong one */
    printk("boot words (and their values now):\n  help  print this list and end\n");
    for_each_word(w) print_word(w);
}

static bool set_flag(const struct boot_word *w, const char *value)
{
    bool on = !value || !strcmp(value, "on") || !strcmp(value, "1") || !strcmp(value, "yes");
    if (!on && strcmp(value, "off") && strcmp(value, "0") && strcmp(value, "no"))
        return false;
    *(bool *)w->value = on;
    return true;
}

static bool set_choice(const struct boot_word *w, const char *value)
{
    for (u32 i = 0; i < ARRAY_SIZE(w->choices) && w->choices[i]; i++) {
        if (!strcmp(w->choices[i], value)) {
            *(unsigned *)w->value = i;
            return true;
        }
    }
    return false;
}

static bool set_word(const struct boot_word *w, const char *value)
{
    if (w->kind == WORD_FLAG)
        return set_flag(w, value);
    if (!value)
        return false;
    switch (w->kind) {
    case WORD_NUMBER:
        return parse_u32(value, w->value);
    case WORD_TEXT:
        return string_copy(w->value, value, WORD_TEXT_MAX) < WORD_TEXT_MAX;
    default:
        return set_choice(w, value);
    }
}

static const struct boot_word *find_word(const char *name)
{
    for_each_word(w) if (!strcmp(w->name, name)) return w;
    return NULL;
}

static void apply(const struct token *token)
{
    const struct boot_word *w = find_word(token->name);
    const char *equals = token->value ? "=" : "", *value = token->value ? token->value : "";

    if (w && set_word(w, token->value))
        return;
    print_words();
    if (!w)
        boot_refuse("unknown boot word \"%s%s%s\": the words are listed above", token->name, equals, value);
    boot_refuse("boot word \"%s%s%s\" has a wrong value: its line above says what it takes", token->name,
                equals, value);
}

void bootwords_parse(const char *line)
{
    static struct token token; /* used once, on the boot CPU, where the stack is small */
    const char *p = line;

    /* First of all the list, while the values are still the defaults. */
    while ((p = next_token(p, &token)) != NULL) {
        if (!strcmp(token.name, "help")) {
            print_words();
            control_record("exit 0");
            machine_exit(0);
        }
    }
    /* GRUB may put the kernel's own path in front; a word never begins with a slash. */
    for (p = line; (p = next_token(p, &token)) != NULL;)
        if (token.name[0] != '/')
            apply(&token);
}
