/* See key_table.h. No hooks here: what the search knows survives when the machine is taken back. */
#define _GNU_SOURCE
#include "arch/sim/key_table.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define KEYS_FIRST (1u << 14)
#define HUGE_PAGE  (2u << 20) /* of the host */

/* Each look at a big table is at another page of it: few and large ones keep the host's TLB out of it. */
static void *new_slots(u32 room)
{
    size_t bytes = room * sizeof(u64);
    void *slots = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (slots == MAP_FAILED)
        return NULL;
    if (bytes >= HUGE_PAGE)
        madvise(slots, bytes, MADV_HUGEPAGE);
    return slots;
}

static void free_slots(struct key_table *t)
{
    if (t->keys)
        munmap(t->keys, t->room * sizeof(u64));
    if (t->numbers)
        munmap(t->numbers, t->room * sizeof(double));
}

/* An empty one of so much room, like another; keys is NULL where the host has none. */
static struct key_table table_like(const struct key_table *t, u32 room)
{
    struct key_table n = {
        .numbered = t->numbered, .ignored = t->ignored, .room = room, .used = t->used, .most = t->most};

    n.keys = new_slots(room);
    if (n.keys && n.numbered && !(n.numbers = new_slots(room))) {
        munmap(n.keys, room * sizeof(u64));
        n.keys = NULL;
    }
    return n;
}

static void double_room(struct key_table *t)
{
    struct key_table twice = table_like(t, 2 * t->room);

    if (!twice.keys) {
        t->most = t->room;
        return;
    }
    for (u32 i = 0; i < t->room; i++) {
        if (!t->keys[i])
            continue;
        u32 slot = keys_find(&twice, t->keys[i]);
        twice.keys[slot] = t->keys[i];
        if (t->numbered)
            twice.numbers[slot] = t->numbers[i];
    }
    free_slots(t);
    *t = twice;
}

void keys_added(struct key_table *t)
{
    t->used++;
    if (t->used > t->room / 2 && t->room < t->most)
        double_room(t);
}

void keys_forget(struct key_table *t)
{
    free_slots(t);
    t->used = 0;
    t->most = KEYS_MAX;
    *t = table_like(t, KEYS_FIRST);
    if (!t->keys) {
        perror("the table of states");
        exit(2);
    }
}
