/* The explorer's loops: see explore.h. This file and report.c are a host program; the kernel never calls
 * them. */
#define _GNU_SOURCE
#include "arch/sim/explore.h"
#include "arch/sim/machine.h"
#include "arch/sim/memory.h"
#include "arch/sim/sim.h"
#include "lib/types.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STUCK_SECONDS 20 /* host time between two choice points that only an endless loop needs */
#define SHORTEN_RUNS  400u

struct run *run;
static struct findings *shared; /* how the template process tells its parent */
static const struct exploration *now;
static int child_stderr = -1; /* sanitizers write here */
static bool in_child;
static time_t deadline, last_progress;
static volatile sig_atomic_t interrupted; /* Ctrl-C: say what was covered so far */

/* ---- inside a run ---- */

void run_log(const char *text, size_t n)
{
    if (!run)
        return;
    size_t room = sizeof(run->log) - run->log_bytes;
    if (n > room)
        n = room;
    memcpy(run->log + run->log_bytes, text, n);
    run->log_bytes += (u32)n;
}

static void log_line(const char *line)
{
    run_log(line, strlen(line));
    run_log("\n", 1);
}

noreturn void run_finish(enum verdict verdict)
{
    run->verdict = verdict;
    if (!in_child) { /* the boot itself failed: there is no schedule to report */
        fprintf(stderr, "the simulated machine did not boot:\n%.*s%s\n", (int)run->log_bytes, run->log,
                run->sentence);
        _exit(2);
    }
    _exit(verdict == RUN_PASSED ? 0 : 1);
}

noreturn void sim_fail(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(run->sentence, sizeof(run->sentence), fmt, args);
    va_end(args);
    run_finish(RUN_BROKEN);
}

/* The first task. What comes after the pause is repeated for each schedule, in a child of its own. */
static void main_task(void *arg)
{
    test_output = log_line;
    sim_settle();
    machine_pause();
    run_finish(test_run_one(now->test, 1) ? RUN_PASSED : RUN_FAILED);
}

static noreturn void run_child(const struct schedule *schedule)
{
    in_child = true;
    signal(SIGINT, SIG_IGN); /* the template process decides */
    alarm(STUCK_SECONDS);
    dup2(child_stderr, 1);
    dup2(child_stderr, 2);
    memory_unshare();
    strategy_begin(schedule, now->cpus);
    machine_record(now->steps);
    machine_run();
    sim_fail("the machine stopped without a verdict");
}

/* ---- one schedule ---- */

static void copy_line(const char *from, const char *text_end)
{
    size_t n = 0;

    while (from + n < text_end && from[n] && from[n] != '\n' && n < sizeof(run->sentence) - 1)
        n++;
    memcpy(run->sentence, from, n);
    run->sentence[n] = '\0';
}

/* The first line of `text` that says what went wrong. */
static bool sentence_from(const char *text, size_t bytes)
{
    static const char *const signs[] = {
        "ERROR: AddressSanitizer", "runtime error:", "panic on", "oops on", "  # ", "not ok"};
    for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
        const char *at = memmem(text, bytes, signs[i], strlen(signs[i]));
        if (!at)
            continue;
        while (at > text && at[-1] != '\n')
            at--;
        at += strspn(at, " #");
        copy_line(at, text + bytes);
        return true;
    }
    return false;
}

/* What the sanitizers said goes behind the kernel's own words. */
static void collect_stderr(void)
{
    char text[4096];
    ssize_t n;
    off_t at = 0;

    while ((n = pread(child_stderr, text, sizeof(text), at)) > 0) {
        run_log(text, (size_t)n);
        at += n;
    }
}

static void name_verdict(int status)
{
    if (run->verdict == RUN_PASSED && status != 0)
        run->verdict = RUN_UNFINISHED;
    if (run->verdict == RUN_PASSED)
        return;
    collect_stderr();
    if (run->verdict == RUN_ENDLESS)
        snprintf(run->sentence, sizeof(run->sentence),
                 "no end after %u choice points: livelock, or a wake-up was lost "
                 "while somebody polls",
                 run->steps);
    if (run->sentence[0] || sentence_from(run->log, run->log_bytes))
        return;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        snprintf(run->sentence, sizeof(run->sentence), "a loop without any choice point");
    else if (WIFSIGNALED(status))
        snprintf(run->sentence, sizeof(run->sentence), "the kernel touched memory that is not there (%s)",
                 strsignal(WTERMSIG(status)));
    else
        snprintf(run->sentence, sizeof(run->sentence), "the machine ended with a failing status");
}

/* Runs it; true when it passed. The result is in *run. */
static bool run_schedule(const struct schedule *schedule)
{
    int status = 0;

    run->verdict = RUN_UNFINISHED;
    run->sentence[0] = '\0';
    run->steps = run->log_bytes = 0;
    if (ftruncate(child_stderr, 0) || lseek(child_stderr, 0, SEEK_SET) < 0)
        abort();
    pid_t pid = fork();
    if (pid == 0)
        run_child(schedule);
    if (pid < 0 || waitpid(pid, &status, 0) != pid) {
        perror("fork");
        exit(2);
    }
    name_verdict(status);
    shared->max_steps = shared->max_steps > run->steps ? shared->max_steps : run->steps;
    return run->verdict == RUN_PASSED;
}

static void show_progress(const char *what)
{
    time_t t = time(NULL);

    if (!now->progress || t == last_progress)
        return;
    last_progress = t;
    fprintf(stderr, "\r  %s: %u schedules, %s   ", now->test->name, shared->schedules, what);
}

static bool out_of_budget(void)
{
    return interrupted || shared->schedules >= now->schedules || (deadline && time(NULL) >= deadline);
}

/* ---- shortening ---- */

/* Delta debugging over the deviations: drop runs of them, from halves down to single ones, while it still
 * fails. */
static void shorten(struct schedule *s)
{
    u32 tries = 0;
    struct deviation *kept = calloc(s->count + 1, sizeof(*kept));

    for (u32 chunk = s->count; chunk >= 1 && tries < SHORTEN_RUNS; chunk /= 2) {
        for (u32 at = 0; at < s->count && tries < SHORTEN_RUNS; tries++) {
            u32 drop = at + chunk > s->count ? s->count - at : chunk;
            struct schedule shorter = {.kind = STRATEGY_LIST, .list = kept, .count = s->count - drop};
            memcpy(kept, s->list, at * sizeof(*kept));
            memcpy(kept + at, s->list + at + drop, (s->count - at - drop) * sizeof(*kept));
            if (run_schedule(&shorter)) {
                at += chunk;
                continue;
            }
            memcpy(s->list, kept, shorter.count * sizeof(*kept));
            s->count = shorter.count;
        }
    }
    free(kept);
}

/* The run in *run failed under `schedule`. Keeps the findings, shortens, reports. */
static void found_failure(const struct schedule *schedule)
{
    struct schedule shortest;

    shared->verdict = run->verdict;
    snprintf(shared->sentence, sizeof(shared->sentence), "%s", run->sentence);
    if ((size_t)schedule_print(shared->schedule, sizeof(shared->schedule), schedule) >=
        sizeof(shared->schedule))
        shared->schedule[0] = '\0';
    schedule_of_run(run, &shortest);
    if (now->shorten && now->how != EXPLORE_ONE && shortest.count)
        shorten(&shortest);
    if (shortest.count && run_schedule(&shortest)) { /* must not happen: the list is the run */
        printf(
            "  # the schedule did not fail again when it was replayed: the simulation is not deterministic\n");
        run_schedule(schedule);
    }
    free(shortest.list);
    schedule_of_run(run, &shortest); /* without entries that had no effect any more */
    if (now->progress)
        fprintf(stderr, "\r%70s\r", "");
    report_run(now, run, schedule, &shortest);
    free(shortest.list);
}

/* False when it failed, and everything about it is said. */
static bool try_schedule(const struct schedule *schedule, const char *what)
{
    shared->schedules++;
    show_progress(what);
    if (run_schedule(schedule))
        return true;
    found_failure(schedule);
    return false;
}

/* ---- strategies that draw ---- */

static bool explore_drawn(enum strategy_kind kind, u64 seed, u32 count, u32 depth, u32 length)
{
    for (u32 i = 0; i < count && !out_of_budget(); i++) {
        struct schedule s = {.kind = kind, .seed = seed + i, .depth = depth, .length = length};
        if (!try_schedule(&s, kind == STRATEGY_PCT ? "pct" : "random"))
            return false;
    }
    return true;
}

/* ---- exhaustive: every schedule with at most `bound` deviations, each exactly once ---- */

/* Addresses that more than one CPU was seen to touch. Only there does it matter who comes first; what is
 * learnt in one run opens more places in the next ones. */
#define SEEN_SLOTS (1u << 16)
static struct {
    u32 addr;
    u8 cpus;
} seen[SEEN_SLOTS];

static u8 *seen_cpus(u32 addr)
{
    u32 i = (addr * 2654435761u) >> 16;

    while (seen[i].addr && seen[i].addr != addr)
        i = (i + 1) % SEEN_SLOTS;
    seen[i].addr = addr;
    return &seen[i].cpus;
}

static void learn(void)
{
    for (u32 i = 0; i < run->steps; i++)
        if (run->step[i].addr)
            *seen_cpus(run->step[i].addr) |= (u8)(1u << run->step[i].cpu);
}

static bool worth_deviating(const struct step *s)
{
    u32 others = s->enabled & ~(1u << s->usual);

    if (!others)
        return false;
    if (s->usual != s->cpu) /* somebody else has to run anyhow: which one is free to choose */
        return true;
    return s->kind != STEP_IRQ_ON && s->addr && (*seen_cpus(s->addr) & (*seen_cpus(s->addr) - 1));
}

/* The deviations that may follow the last one of the run in *run, as a fresh array. */
static u32 children(u32 from, struct deviation **list)
{
    u32 n = 0, room = 0;

    *list = NULL;
    for (u32 i = from; i < run->steps; i++) {
        if (!worth_deviating(&run->step[i]))
            continue;
        for (u32 cpu = 0; cpu < now->cpus; cpu++) {
            if (cpu == run->step[i].usual || !(run->step[i].enabled & (1u << cpu)))
                continue;
            if (n == room)
                *list = realloc(*list, (room = room ? 2 * room : 256) * sizeof(**list));
            (*list)[n++] = (struct deviation){i, cpu};
        }
    }
    return n;
}

/* Runs all schedules that begin with `prefix` and have `more` further deviations. False: one failed. */
static bool search(struct schedule *prefix, u32 more, bool *cut)
{
    struct deviation *next;
    u32 n;

    if (out_of_budget()) {
        *cut = true;
        return true;
    }
    if (more == 0)
        return try_schedule(prefix, "exhaustive");
    if (!run_schedule(prefix)) { /* ran before under a smaller bound, and passed */
        found_failure(prefix);
        return false;
    }
    learn();
    n = children(prefix->count ? prefix->list[prefix->count - 1].step + 1 : 0, &next);
    bool passed = true;
    for (u32 i = 0; i < n && passed && !*cut; i++) {
        prefix->list[prefix->count++] = next[i];
        passed = search(prefix, more - 1, cut);
        prefix->count--;
    }
    free(next);
    return passed;
}

static bool explore_exhaustive(u32 bound)
{
    struct schedule s = {.kind = STRATEGY_LIST, .list = calloc(bound + 1, sizeof(struct deviation))};
    bool passed = true, cut = false;

    shared->bound_done = ~0u;
    for (u32 more = 0; more <= bound && passed && !cut; more++) {
        passed = search(&s, more, &cut);
        if (passed && !cut)
            shared->bound_done = more;
    }
    shared->complete = passed && !cut;
    free(s.list);
    return passed;
}

/* ---- the template process ---- */

/* A little of everything: the default, one deviation at every place, then draws. */
static bool explore_auto(u32 length)
{
    u32 half = now->schedules / 2;

    for (u32 i = 0; i < half && !out_of_budget(); i += 2)
        if (!explore_drawn(STRATEGY_RANDOM, now->seed + i / 2, 1, 0, 0) ||
            !explore_drawn(STRATEGY_PCT, now->seed + i / 2, 1, 2 + i / 2 % 3, length))
            return false;
    return explore_exhaustive(now->bound);
}

static void explore_all(void)
{
    struct schedule usual = {.kind = STRATEGY_USUAL};

    if (now->how == EXPLORE_ONE && now->one.kind != STRATEGY_PCT) {
        try_schedule(&now->one, "replay");
        return;
    }
    if (!try_schedule(&usual, "default schedule"))
        return;
    u32 length = run->steps; /* pct draws its change points from so many */
    if (now->how == EXPLORE_ONE) {
        struct schedule pct = now->one;
        pct.length = length;
        try_schedule(&pct, "replay");
        return;
    }
    if (now->how == EXPLORE_RANDOM)
        explore_drawn(STRATEGY_RANDOM, now->seed, now->schedules, 0, 0);
    else if (now->how == EXPLORE_PCT)
        explore_drawn(STRATEGY_PCT, now->seed, now->schedules, now->depth, length);
    else if (now->how == EXPLORE_EXHAUSTIVE)
        explore_exhaustive(now->bound);
    else
        explore_auto(length);
}

static void on_interrupt(int signal_number)
{
    interrupted = 1;
}

static noreturn void template_process(void)
{
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESTART};

    sigaction(SIGINT, &action, NULL);
    shared->verdict = RUN_PASSED;
    shared->bound_done = ~0u;
    memory_unshare(); /* the next test's machine starts with empty memory, too */
    child_stderr = memfd_create("stderr", MFD_CLOEXEC);
    if (now->seconds)
        deadline = time(NULL) + now->seconds;
    sim_boot(now->cpus, now->words, main_task);
    explore_all();
    shared->interrupted = interrupted;
    fflush(stdout);
    _exit(0);
}

static void *share(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }
    return p;
}

void explore(const struct exploration *e, struct findings *found)
{
    int status = 0;

    if (!run) {
        run = share(sizeof(*run));
        shared = share(sizeof(*shared));
    }
    memset(shared, 0, sizeof(*shared));
    run->log_bytes = 0;
    run->sentence[0] = '\0';
    now = e;
    fflush(stdout);
    signal(SIGINT, SIG_IGN);
    pid_t pid = fork();
    if (pid == 0)
        template_process();
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
        shared->verdict = RUN_BROKEN;
        snprintf(shared->sentence, sizeof(shared->sentence), "the simulated machine did not boot");
    }
    signal(SIGINT, SIG_DFL);
    *found = *shared;
}
