/*
 * Between the files of the fault path. Each case is entered with the region stable (the protocol holds what
 * it holds) and no spinlock, and returns the same way. FAULT_DONE also when another CPU won the race: the
 * instruction runs again and finds that CPU's work.
 */
#pragma once
#include "diag/counters.h"
#include "diag/race.h"
#include "diag/trace.h"
#include "mm/fault/faultlock.h"
#include "mm/table/pt.h"
#include "mm/table/pt_entry.h"
#include "sched/task.h"
#include "sync/rcu.h"

/* ---- commit (fault_commit.c) ---- */
/* The retake: locks the page table of f->table and compares first what was seen at the look-up. True with the
 * table locked and f->slot set; false with nothing held, when somebody was faster. `forgiven` names the
 * mutant that forgets to compare. */
must_check bool fault_relock(struct fault *f, enum race_id forgiven) try_acquires(true, page_ptl(f->table));
void fault_unlock(struct fault *f) releases(page_ptl(f->table));
/* The same for an entry that is to show page `index` of the region's file: false, too, when the page has left
 * the file since it was found, or the file does not reach so far (R40, mapping_regions.c). *result becomes
 * what the fault ends with in any case: FAULT_PAST_END in the last one, else FAULT_DONE. */
must_check bool fault_relock_file(struct fault *f, const struct page *page, u32 index,
                                  enum fault_result *result) try_acquires(true, page_ptl(f->table));
/* Under the table's lock: the empty entry becomes `entry`, which maps `page` and takes over one reference of
 * it. */
void fault_install(struct fault *f, struct page *page, pte_t entry) must_hold(page_ptl(f->table));
/* A trace event of the running task's fault. */
#define fault_phase(f, phase, outcome) trace_fault_phase(current->fault_seq, phase, (f)->address, outcome)

/* Shape B: what is to be waited for once nothing is held: a page, referenced; or a file's page `index` to be
 * read, the file held open; or nothing: the look-up alone is to be done again. Always FAULT_WAIT. (And, by
 * fault_missing() alone, a program's answer.) */
static inline enum fault_result fault_wait_for(struct fault *f, struct page *page, struct mapping *file,
                                               u32 index)
{
    f->pending = page;
    f->pending_file = file;
    f->pending_index = index;
    f->pending_userfault = NULL;
    return FAULT_WAIT;
}
static inline bool fault_is_write(const struct fault *f)
{
    return f->access & ACCESS_WRITE;
}

/* ---- the cases ---- */
enum fault_result fault_anonymous(struct fault *f) must_hold(f); /* fault_anon.c: empty, no file */
enum fault_result fault_file(struct fault *f) must_hold(f);      /* fault_file.c: empty, a file */
enum fault_result fault_write_protected(struct fault *f)
    must_hold(f); /* cow.c: present, and may be written but by a copy */
enum fault_result fault_shared_upgrade(struct fault *f)
    must_hold(f); /* fault_file.c: present, shared, first write */
/* fault_userfault.c: empty, in the file, too, and a program provides the pages: FAULT_WAIT, with
 * whom to ask or (there is one now) nothing; or FAULT_IO_ERROR, where it may not be waited for. */
enum fault_result fault_missing(struct fault *f) must_hold(f);
/* fault_stack.c: no region; a stack above may grow. Nothing is held, on entry and on return. FAULT_WAIT: look
 * again. */
enum fault_result fault_grow_stack(struct fault *f) must_not_hold(f);
/* fault_around.c: the cached pages around the one that a read fault is for, each with a reference. */
#define AROUND_MAX 32u
struct around {
    vaddr_t start;
    u32 count;
    u32 wanted; /* position of the page that the fault is for */
    struct page *pages[AROUND_MAX];
};
void around_find(const struct fault *f, u32 index, struct around *around) must_hold(f);
/* Maps what was found, the page that the fault is for among it, and puts the references. */
enum fault_result around_map(struct fault *f, u32 index, struct around *around) must_hold(f);
/* Puts the references. */
void around_forget(struct around *around);

/* seq: between the two the region's file is there and may be looked at; nothing in between sleeps. False,
 * nothing held: the region is another by now, and the next attempt takes mmap_lock. Other protocols hold the
 * region all the time, and may sleep here. */
must_check static inline bool fault_pin_file(struct fault *f)
{
    if (!faultlock.copies_region || f->careful)
        return true;
    rcu_read_lock();
    if (likely(faultlock.still_valid(f)))
        return true;
    rcu_read_unlock();
    f->stale = true;
    return false;
}
static inline void fault_unpin_file(const struct fault *f)
{
    if (faultlock.copies_region && !f->careful)
        rcu_read_unlock();
}
/* fault_wait.c: what f->pending or f->pending_file asks for, with nothing held. FAULT_DONE: retry. */
enum fault_result fault_wait(struct fault *f) must_not_hold(f);

/* fault_userfault.c: the same for f->pending_userfault. */
enum fault_result fault_ask(struct fault *f) must_not_hold(f);

/* fault_wait.c: no frame was found. FAULT_DONE: retry; or why there is no sense in it. Nothing is held. */
enum fault_result fault_make_room(struct fault *f) must_not_hold(f);

/* ---- without mmap_lock (fault_lockfree.c) ---- */
/* With the region found by a lock-free protocol: looks at the entry (f->table is what the directory said).
 * False: this fault cannot be resolved without mmap_lock. */
must_check bool fault_look_lockfree(struct fault *f) must_hold(f);
/* The next attempt takes mmap_lock. Always FAULT_WAIT: there is nothing to wait for, and the loop begins
 * again. */
enum fault_result fault_be_careful(struct fault *f);

/* ---- protocols share the region look-up under a shared mmap_lock (faultlock_rwsem.c) ---- */
enum fault_result region_enter_shared(struct fault *f) try_acquires(0, f); /* FAULT_DONE, or nothing held */
void region_leave_shared(struct fault *f) releases(f);

/* A place where a protocol that let the region go too early would have its window. The mutant does let it go
 * there, and takes the lock back without looking again. */
#ifdef FL_TEST
void fault_window(struct fault *f, enum race_id id) must_hold(f);
/* Takes what the protocol's enter takes, but trusts f->vma. */
void fault_retake_blindly(struct fault *f) acquires(f);
#else
#define fault_window(f, id)     ((void)0)
#define fault_retake_blindly(f) ((void)0)
#endif
