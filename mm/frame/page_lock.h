/* The page lock's own start at boot; called by frames_init. */
#pragma once
#include "lib/compiler.h"
void page_lock_init(void);
/* What a page is called in wait chains: sched_name_of (sched/sched.h). */
bool page_say(const void *what, const char *class_name, char *to, size_t size);
