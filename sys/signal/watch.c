/* The queues of those who watch for signals, by process. */
#include "sys/signal/watch.h"

struct waitqueue signal_watch_queues[SIGNAL_WATCH_QUEUES];

void signal_watch_init(void)
{
    for (u32 i = 0; i < SIGNAL_WATCH_QUEUES; i++)
        waitqueue_init_class(&signal_watch_queues[i], LOCK_CLASS("signal_watchers", WAIT));
}
