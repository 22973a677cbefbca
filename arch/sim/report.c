/*
 * A failed run for people: the verdict in a sentence, the schedule as a column per CPU, the token that
 * replays it. A CPU's turn is shown by where it began and where it stopped; what it passed in between only as
 * a number.
 */
#include "arch/sim/explore.h"
#include "arch/sim/symbolize.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMN      44
#define TURNS_SHOWN 60u
#define STEPS_SHOWN 300u
#define LOG_SHOWN   8000u

/* One CPU's turn: steps first..last, all of them its own. */
struct turn {
    u32 first, last;
};

/* An idle CPU's turn, ticks included, is not worth a line. */
static bool is_idle_turn(const struct run *r, struct turn turn)
{
    for (u32 i = turn.first; i <= turn.last; i++)
        if (r->step[i].pid != 0)
            return false;
    return true;
}

/* The turns worth showing. */
static u32 find_turns(const struct run *r, struct turn **turns)
{
    u32 n = 0;

    *turns = calloc(r->steps + 1, sizeof(**turns));
    for (u32 i = 0; i < r->steps; i++) {
        struct turn turn = {i, i};
        while (turn.last + 1 < r->steps && r->step[turn.last + 1].cpu == r->step[i].cpu)
            turn.last++;
        if (!is_idle_turn(r, turn))
            (*turns)[n++] = turn;
        i = turn.last;
    }
    return n;
}

static const char *doing(const struct step *s)
{
    static const char *const words[] = {[STEP_ATOMIC] = "",    [STEP_PTE] = "PTE ",   [STEP_WALK] = "walk ",
                                        [STEP_USER] = "user ", [STEP_TLB] = "TLB ",   [STEP_IRQ_ON] = "sti ",
                                        [STEP_SPIN] = "spin ", [STEP_HALT] = "idle ", [STEP_IPI] = "IPI "};
    return words[s->kind];
}

/* What the schedule did here that the default would not have done. */
static const char *deviation(const struct step *s)
{
    if (s->chosen == s->usual)
        return "";
    if (s->chosen & CHOSEN_TICK)
        return (s->chosen & CHOSEN_CPU) == s->cpu ? "(tick) " : "(tick there) ";
    if (s->chosen & CHOSEN_DEAF)
        return "(interrupts late) ";
    return s->usual == s->cpu ? "! " : "(not the next one) ";
}

static void print_cell(u32 step, const struct run *r, const char *where)
{
    const struct step *s = &r->step[step];
    char text[160];

    snprintf(text, sizeof(text), "%s%s%s", deviation(s), doing(s), where);
    printf("  # %7u %*s%.*s\n", step, (int)(s->cpu * COLUMN), "", 110, text);
}

/* Where a step happened: a step inside the machine's own code is explained by who called it. */
static void places_of(const struct run *r, const u32 *steps, u32 n, struct source_line *lines)
{
    for (u32 i = 0; i < n; i++) {
        const struct step *s = &r->step[steps[i]];
        bool machine_code = s->kind != STEP_ATOMIC && s->kind != STEP_SPIN && s->kind != STEP_IRQ_ON;
        lines[i].ip = machine_code && s->caller ? s->caller : s->ip;
    }
    symbolize(lines, n);
}

/* Of each turn where it began, where the schedule interfered, and where it ended. */
static u32 steps_to_show(const struct run *r, const struct turn *turns, u32 n, u32 *steps)
{
    u32 m = 0;

    for (u32 i = 0; i < n; i++)
        for (u32 at = turns[i].first; at <= turns[i].last && m < STEPS_SHOWN; at++)
            if (at == turns[i].first || at == turns[i].last || r->step[at].chosen != r->step[at].usual)
                steps[m++] = at;
    return m;
}

static void print_schedule(const struct run *r, u32 cpus)
{
    struct turn *turns;
    u32 n = find_turns(r, &turns), skip = n > TURNS_SHOWN ? n - TURNS_SHOWN : 0;
    u32 steps[STEPS_SHOWN], m = steps_to_show(r, turns + skip, n - skip, steps);
    struct source_line lines[STEPS_SHOWN];

    places_of(r, steps, m, lines);
    printf("  #    step");
    for (u32 cpu = 0; cpu < cpus; cpu++)
        printf(" CPU %-*u", COLUMN - 5, cpu);
    printf("\n  #         (! = the schedule took the CPU away here; idle turns are left out)\n");
    if (skip)
        printf("  #         (%u earlier turns)\n", skip);
    for (u32 i = 0; i < m; i++)
        print_cell(steps[i], r, lines[i].text);
    free(turns);
}

extern const char __executable_start[], etext[]; /* the linker's: where this program's code lies */

/* Do ten characters here say an address of this program's code, and nothing more? */
static bool says_code(const char *at, const char *end, u32 *ip)
{
    if (end - at < 10 || at[0] != '0' || at[1] != 'x' || strspn(at + 2, "0123456789abcdef") != 8)
        return false;
    *ip = (u32)strtoul(at, NULL, 16);
    return *ip > (uintptr_t)__executable_start && *ip < (uintptr_t)etext;
}

/* What the kernel says has addresses for places in the code; the host can say which source lines they are. */
static void print_with_places(const char *text, const char *end)
{
    struct source_line at;

    while (text < end) {
        if (says_code(text, end, &at.ip)) {
            symbolize(&at, 1);
            printf("%s", at.text);
            text += 10;
        } else {
            putchar(*text++);
        }
    }
    putchar('\n');
}

static void print_log(const struct run *r)
{
    const char *at = r->log + (r->log_bytes > LOG_SHOWN ? r->log_bytes - LOG_SHOWN : 0);
    const char *end = r->log + r->log_bytes;

    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        int n = (int)((newline ? newline : end) - at);
        printf("  # | ");
        print_with_places(at, at + n);
        at += n + 1;
    }
}

#define TOKEN_LIST_MAX 2000

/* TEST/CPUS/WORDS/SCHEDULE/BUILD: all that a run is a function of. A list that is too long for a command line
 * gives way to the strategy and seed that found it. */
static void print_token(const struct exploration *e, const struct schedule *found,
                        const struct schedule *shortest)
{
    char text[TOKEN_LIST_MAX + 1], words[128];

    snprintf(words, sizeof(words), "%s", e->words);
    for (char *c = words; *c; c++)
        if (*c == ' ')
            *c = '+';
    if (schedule_print(text, sizeof(text), shortest) > TOKEN_LIST_MAX &&
        schedule_print(text, sizeof(text), found) > TOKEN_LIST_MAX)
        snprintf(text, sizeof(text), "(the schedule has %u deviations: too long for a token)",
                 shortest->count);
    printf("  # replay: make replay TOKEN='%s/%u/%s/%s/%x'\n", e->test->name, e->cpus, words, text,
           host_build_id);
}

void report_run(const struct exploration *e, const struct run *r, const struct schedule *found,
                const struct schedule *shortest)
{
    char text[200];

    printf("  # verdict: ");
    print_with_places(r->sentence, r->sentence + strlen(r->sentence));
    print_log(r);
    if (schedule_print(text, sizeof(text), found) >= (int)sizeof(text))
        snprintf(text, sizeof(text), "list of %u deviations", found->count);
    printf("  # found by %s; %u choice points, %u deviations from the default schedule are enough\n", text,
           r->steps, shortest->count);
    print_schedule(r, e->cpus);
    print_token(e, found, shortest);
}
