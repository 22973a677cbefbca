/* What poll, select and epoll share. */
#pragma once
#include "lib/types.h"

#define POLL_NVAL 32u
struct pollfd {
    s32 fd;
    u16 events, revents;
};

/* Waits until one of the files has one of its events: how many have, 0 when late (a moment of clock_ns(), or
 * NO_DEADLINE), -ENOMEM, or -ERESTARTNOHAND. Sleeps. */
s32 poll_files(struct pollfd *fds, u32 n, u64 deadline);
/* The moment so many nanoseconds from now. */
u64 poll_deadline_in(u64 ns);
/* The same from a time in user memory, or NO_DEADLINE where there is none. 0, -EFAULT or -EINVAL. */
int poll_deadline(vaddr_t time, bool time64, u64 *deadline);
/* Linux's select, pselect and ppoll tell how much of their time was left, so that a call that runs again goes
 * on. Nothing where `time` is NULL; what cannot be written is not told. */
enum time_form { TIME_VAL, TIME_SPEC, TIME_SPEC64 };
void poll_tell_left(vaddr_t time, enum time_form form, u64 deadline);
/* Blocks the signals of `mask_at` until the call is done; the former mask comes back after a handler, or with
 * poll_unmask(), which passes the call's result through. 0, -EINVAL or -EFAULT. */
int poll_mask(vaddr_t mask_at, u32 size);
s32 poll_unmask(s32 result);
