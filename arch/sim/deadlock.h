/* The verdict over a machine in which nobody will ever move again. */
#pragma once
#include "lib/compiler.h"

noreturn void deadlock_fail(void);
