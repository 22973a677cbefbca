/* The choice of who ends when memory is out: proc(5), oom_score and oom_score_adj. */
#pragma once
#include "lib/types.h"

#define OOM_SCORE_ADJ_MIN (-1000) /* never */
#define OOM_SCORE_ADJ_MAX 1000

struct mm;
/* What mm/fault/oom.h asks of its hook. */
struct mm *oom_choose_and_kill(void);
/* Pages that its end would free, moved by adj thousandths of `memory`, the pages of the machine; may be
 * negative. */
int oom_badness(struct mm *mm, int adj, u32 memory);
