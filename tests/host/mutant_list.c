/* One row a line: ID, pattern of its tests, more boot words. */
#include "tests/host/mutant_list.h"
#include "arch/sim/run.h"
#include "lib/string.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 128u

static noreturn void refuse(const char *path, const char *what)
{
    fprintf(stderr, "host-tests: %s: %s\n", path, what);
    exit(2);
}

/* False: an empty line, or a row for the machine alone. */
static bool read_row(char *line, struct mutant_row *row)
{
    char more[96] = "";

    line[strcspn(line, "#\n")] = '\0';
    *row = (struct mutant_row){.id = ""};
    if (sscanf(line, "%15s %63s %95[^\n]", row->id, row->tests, more) < 2 || strchr(row->id, '@'))
        return false;
    /* The checker of page-table entries would speak first: it is the test that has to see its mutant. */
    snprintf(row->words, sizeof row->words, "ptecheck=off mutant=%s%s%s", row->id, more[0] ? " " : "", more);
    snprintf(row->sane, sizeof row->sane, "ptecheck=off%s%s", more[0] ? " " : "", more);
    return true;
}

struct mutant_row *mutant_rows(const char *path, const char *pattern, u32 *n)
{
    struct mutant_row *rows = calloc(ROWS_MAX, sizeof *rows);
    FILE *file = fopen(path, "r");
    char line[256];

    if (!rows || !file)
        refuse(path, "cannot be read");
    *n = 0;
    while (*n < ROWS_MAX && fgets(line, sizeof line, file))
        if (read_row(line, &rows[*n]) && glob_match(pattern, rows[*n].id))
            (*n)++;
    fclose(file);
    if (*n == 0)
        refuse(pattern, "no row of the list of mutants has such a name");
    return rows;
}

const struct test *const *mutant_next_test(const struct mutant_row *row, const struct test *const *from)
{
    for (const struct test *const *t = from ? from + 1 : __start_tests; t < __stop_tests; t++)
        if (glob_match(row->tests, (*t)->name) && (*t)->cpus <= SIM_CPUS_MAX)
            return t;
    return NULL;
}
