/* Tokens: all that a run is a function of, in one line. */
#include "lib/string.h"
#include "tests/host/options.h"
#include <stdlib.h>
#include <string.h>

static const struct test *test_named(const char *name)
{
    for (const struct test *const *t = __start_tests; t < __stop_tests; t++)
        if (strcmp((*t)->name, name) == 0)
            return *t;
    complain(name, "no test has this name (--list shows them)");
}

#define TOKEN_MAX 4096

/* TEST/CPUS/WORDS/SCHEDULE/BUILD, see arch/sim/report.c. The parts live as long as the program. */
void token_read(struct options *o, const char *token)
{
    static char copy[TOKEN_MAX];
    char *parts[5], *rest = copy;
    u32 n = 0;

    if (string_copy(copy, token, sizeof copy) >= sizeof copy)
        complain("the token is too long", token);
    for (char *part; n < 5 && (part = strsep(&rest, "/")) != NULL;)
        parts[n++] = part;
    if (n != 5 || rest)
        complain(token, "a token has five parts: TEST/CPUS/WORDS/SCHEDULE/BUILD");
    char *behind;
    unsigned long build = strtoul(parts[4], &behind, 16);
    if (*behind || !*parts[4])
        complain(token, "the token's BUILD is a hexadecimal number, and this is none");
    if (build != host_build_id)
        complain(token,
                 "this token is from another build of the explorer; its schedule means nothing in this one");
    o->pattern = test_named(parts[0])->name;
    o->e.cpus = option_number("the token's CPUs", parts[1], 1, SIM_CPUS_MAX);
    for (char *c = parts[2]; *c; c++)
        if (*c == '+')
            *c = ' ';
    o->e.words = parts[2];
    const char *wrong = schedule_parse(parts[3], &o->e.one);
    if (wrong)
        complain("the token's schedule is wrong", wrong);
    o->e.how = EXPLORE_ONE;
}
