/*
 * A hash table of 64-bit keys for what the search knows, each with a number beside it where one is wanted.
 * Open addressing; it grows with what it holds: most searches are small, and theirs stays in the processor's
 * cache.
 */
#pragma once
#include "lib/compiler.h"

struct key_table {
    u64 *keys;       /* 0: free */
    double *numbers; /* beside them, or NULL */
    bool numbered;
    u64 ignored; /* bits of a key that do not tell it from another: the user's to keep something in */
    u32 room, used;
    u32 most; /* room: less than KEYS_MAX where the host has no more address space */
};

#define KEYS_MAX (1u << 25)

/* Empty, whatever it was. */
void keys_forget(struct key_table *t);
/* The key was put into a free slot: counts it, and doubles the room in time. Slots move. */
void keys_added(struct key_table *t);
/* Nothing more goes in. */
static inline bool keys_full(const struct key_table *t)
{
    return t->used == t->room / 4 * 3;
}

/* Where the key stands, or would stand: a slot's number. */
static inline u32 keys_find(const struct key_table *t, u64 key)
{
    u32 i = (u32)(key >> 32) & (t->room - 1);

    while (t->keys[i] && ((t->keys[i] ^ key) & ~t->ignored))
        i = (i + 1) & (t->room - 1);
    return i;
}
