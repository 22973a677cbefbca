/* For programs that fault on purpose: the handler notes what came, and goes back to where sigsetjmp() was. */
#pragma once
#include <setjmp.h>
#include <signal.h>

static sigjmp_buf back;
static volatile sig_atomic_t got_signal, got_code;
static void *volatile got_address;

static void on_signal(int signal, siginfo_t *info, void *context)
{
    (void)context;
    got_signal = signal;
    got_code = info->si_code;
    got_address = info->si_addr;
    siglongjmp(back, 1);
}
