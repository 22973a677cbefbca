/* Calls that nobody serves, counted by number and name. */
#pragma once
struct text;
void syscall_print_unknown(struct text *t); /* /proc/unknown_syscalls */
void syscall_record_unknown(void);          /* one control record each, at the end of a run */
/* At init: with lockdep on, every call ends with a look at what its task still holds. */
void syscall_check_locks(void);
