/* Between the two halves of RCU. */
#pragma once
#include "sync/rcu.h"

/* Takes everything that was queued, newest first. */
struct rcu_head *rcu_take_deferred(void);
bool rcu_has_deferred(void);
/* Told when the first call is queued; set by rcu_wait.c. */
extern void (*rcu_deferred_hook)(void);
