/* Between the way to user mode and the first program. */
#pragma once
#include "sys/process/exec.h"
/* The first thread execs its program. Does not return when that is refused: the process ends with 126 or 127.
 */
void first_program_enter(void);
