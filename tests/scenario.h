/*
 * Scenarios: short scripts of two or more actors in one address space, the same file on QEMU and in the
 * explorer.
 *
 *   struct scene *s = scene_begin();                  // a fresh mm; frames counted
 *   vaddr_t a = scene_mmap(s, 4, VM_READ | VM_WRITE);
 *   scene_stop(s, R01);                               // the next actor that reaches R01 is caught there
 *   struct actor *t1 = actor_start(s, 0, script1, (void *)a);
 *   scene_wait_caught(s, R01);                        // t1 stands in the window
 *   actor_run(s, 1, script2, (void *)a);              // start and join
 *   scene_release(s, R01);
 *   actor_join(s, t1);
 *   scene_end(s);                                     // joins who is left, tears down: is a frame lost?
 *
 * An actor is a kernel task that runs in the scene's mm on the CPU given: its loads and stores are real
 * user-space accesses and fault as a program's would.
 */
#pragma once
#include "arch/trap.h"
#include "arch/user.h"
#include "diag/assert.h"
#include "diag/race.h"
#include "mm/space/mm.h"
#include "mm/table/pt.h"
#include "sched/task.h"
#include "tests/test.h"

#define VM_RW (VM_READ | VM_WRITE)

struct scene;
struct actor;
struct mapping;

struct scene *scene_begin(void);
void scene_end(struct scene *s);
/* What was left to a grace period is done: regions and page tables, where faults take no mmap_lock. Sleeps.
 */
void scene_drain(void);
void scene_join(struct scene *s); /* every actor that is left; nobody stands at a race point */
struct mm *scene_mm(struct scene *s);
vaddr_t scene_mmap(struct scene *s, u32 pages, u32 vm_flags); /* anonymous, private or VM_SHARED */
vaddr_t scene_mmap_at(struct scene *s, vaddr_t addr, u32 pages, u32 vm_flags); /* MAP_FIXED */
vaddr_t scene_mmap_file(struct scene *s, struct mapping *file, u32 pages, u32 vm_flags);

void scene_stop(struct scene *s, enum race_id id);
/* Waits until an actor is caught; when all actors end without coming by, the test fails and false is
 * returned. */
bool scene_wait_caught(struct scene *s, enum race_id id);
bool scene_try_wait_caught(struct scene *s, enum race_id id); /* the same, without failing */
void scene_release(struct scene *s, enum race_id id);

/* How often a scenario repeats itself, or how many pages it takes, for the sake of luck: on the machine, and
 * under the explorer, where schedules are chosen and a short scenario can be explored whole. */
#ifdef FL_HOST
#define scene_count(free_running, explored) (explored)
#else
#define scene_count(free_running, explored) (free_running)
#endif

typedef void (*actor_script)(void *arg);
struct actor *actor_start(struct scene *s, u32 cpu, actor_script script,
                          void *arg); /* cpu modulo cpu_count() */
struct actor *actor_start_in(struct scene *s, struct mm *mm, u32 cpu, actor_script script, void *arg);
void actor_join(struct scene *s, struct actor *a);
void actor_run(struct scene *s, u32 cpu, actor_script script, void *arg); /* start and join */
/* Waits until it is done, caught at a race point, or asleep on something: until it can do no more by itself.
 */
void actor_settle(struct actor *a);
bool actor_is_done(const struct actor *a);
struct task *actor_task(const struct actor *a);

/*
 * The schedule of most races: `first` is caught at `id` on CPU 0, `second` comes by on CPU 1 as far as it
 * can, `first` goes on; both have ended on return. True when `second` was done before: false where a lock (or
 * a protocol: faultlock=mutex) kept it waiting.
 */
bool scene_overtake(struct scene *s, enum race_id id, actor_script first, actor_script second, void *arg);

/* User accesses by the running actor that must succeed (the test fails if not). user_load_u32 and
 * user_store_u32 (arch/user.h) give the error instead. */
u32 user_load(vaddr_t addr);
void user_store(vaddr_t addr, u32 value);
/* The entry that maps addr in mm now; empty when there is no table. */
pte_t scene_pte(struct mm *mm, vaddr_t addr);

/* S31: every page table's count of entries is what it holds, and every table is counted. No actor runs in mm.
 * scene_end checks the scene's own. */
void scene_check_tables(struct mm *mm);

/* A file of which word i of page p holds p*1024+i. */
struct mapping *scene_file(u32 pages);
void scene_file_free(struct mapping *file);

/* Spins until *flag is set, answering cross-calls; never sleeps, so the CPU keeps its TLB. */
void scene_await(const u32 *flag);
