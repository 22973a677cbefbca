/* Taking a panic back. One at a time: the runner runs one test after the other. */
#include "tests/machine/expect_panic.h"
#include "arch/cpu.h"
#include "diag/panic.h"
#include "lib/string.h"
#include "sched/task.h"

static struct {
    const char *words;
    struct task *task; /* who makes the mistake; another's panic is a real one */
    void *context[5];  /* __builtin_setjmp: frame, stack, where to go on */
} expected;

static void take_back(const char *sentence)
{
    if (current != expected.task || !strstr(sentence, expected.words))
        return;
    panic_expected = NULL;
    test_note("caught: %s", sentence);
    __builtin_longjmp(expected.context, 1);
}

/* Its own frame, so that no variable of the caller lives across the jump in a register. */
static noinline bool ends_in_panic(void (*provoke)(void *), void *arg)
{
    if (__builtin_setjmp(expected.context))
        return true;
    WRITE_ONCE(panic_expected, take_back);
    provoke(arg);
    panic_expected = NULL;
    return false;
}

void test_expect_panic(const char *words, void (*provoke)(void *arg), void *arg)
{
    u32 depth = preempt_count();

    expected.words = words;
    expected.task = current;
    irqflags_t flags = irq_save();
    irq_restore(flags);
    bool caught = ends_in_panic(provoke, arg);
    irq_restore(flags);
    preempt_count_sub(preempt_count() - depth);
    if (!caught)
        test_fail(__FILE__, __LINE__, "nothing said \"%s\"", words);
}
