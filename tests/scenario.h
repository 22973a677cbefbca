/*
 * Scenarios: short scripts of two or more actors in one address space, the same file on QEMU and in the explorer.
 *
 *   struct scene *s = scene_begin();                 // a fresh mm; frames counted
 *   vaddr_t a = scene_mmap(s, 4, VM_READ | VM_WRITE);
 *   scene_stop(s, R01);                              // the next actor that reaches R01 is caught there
 *   struct actor *t1 = actor_start(s, 0, script1, (void *)a);
 *   scene_wait_caught(s, R01);                       // t1 stands in the window
 *   actor_run(s, 1, script2, (void *)a);             // start and join
 *   scene_release(s, R01);
 *   actor_join(t1);
 *   scene_end(s);                                    // unmaps, tears down, checks that no frame leaked
 *
 * An actor is a kernel task that runs in the scene's mm on the CPU given: its loads and stores are real user-space
 * accesses and fault as a program's would.
 */
#pragma once
#include "arch/user.h"
#include "diag/race.h"
#include "mm/mm.h"
#include "tests/test.h"

struct scene;
struct actor;

struct scene *scene_begin(void);
struct mm *scene_mm(struct scene *s);
vaddr_t scene_mmap(struct scene *s, u32 pages, u32 vm_flags);                  /* private or VM_SHARED anonymous */
vaddr_t scene_mmap_file(struct scene *s, struct mapping *file, u32 pages, u32 vm_flags);
void scene_end(struct scene *s);
void scene_stop(struct scene *s, enum race_id id);
bool scene_wait_caught(struct scene *s, enum race_id id); /* false, and the test fails, when nobody comes in time */
bool scene_try_wait_caught(struct scene *s, enum race_id id, u32 yields); /* false when nobody came; no failure */
void scene_release(struct scene *s, enum race_id id);

typedef void (*actor_script)(void *arg);
struct actor *actor_start(struct scene *s, u32 cpu, actor_script script, void *arg); /* cpu modulo cpu_count() */
struct actor *actor_start_in(struct mm *mm, u32 cpu, actor_script script, void *arg);
void actor_join(struct actor *a);
bool actor_done(const struct actor *a);
void actor_run(struct scene *s, u32 cpu, actor_script script, void *arg);

/* User accesses that must succeed (the test fails if not). */
u32 user_load(vaddr_t addr);
void user_store(vaddr_t addr, u32 value);
/* 0 or -EFAULT. */
int user_try_store(vaddr_t addr, u32 value);
int user_try_load(vaddr_t addr, u32 *value);
/* A file whose pages hold index*1024+word; reads park at R03 when it is stopped there. */
struct mapping *scene_file(u32 pages);
void scene_file_free(struct mapping *file);
u32 scene_file_reads(struct mapping *file);
/* Spins politely until *flag (a word that another actor sets); yields in the explorer. */
void scene_await(const volatile u32 *flag);
