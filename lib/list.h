/*
 * Doubly linked circular list, intrusive. An empty list and an unlinked node both point at themselves.
 * Whoever holds no lock may ask with READ_ONCE(l->next) whether there is anything in it; so that word is
 * written marked.
 */
#pragma once
#include "lib/compiler.h"

struct list {
    struct list *next, *prev;
};
#define LIST_INIT(name)                                                                                      \
    {                                                                                                        \
        &(name), &(name)                                                                                     \
    }

static inline void list_init(struct list *l)
{
    l->next = l->prev = l;
}
static inline bool list_is_empty(const struct list *l)
{
    return l->next == l;
}
static inline void list_link_(struct list *node, struct list *prev, struct list *next)
{
    node->prev = prev;
    node->next = next;
    WRITE_ONCE(prev->next, node);
    next->prev = node;
}
static inline void list_push_back(struct list *l, struct list *node)
{
    list_link_(node, l->prev, l);
}
static inline void list_push_front(struct list *l, struct list *node)
{
    list_link_(node, l, l->next);
}
/* Leaves the node pointing at itself, so a second removal is harmless. */
static inline void list_remove(struct list *node)
{
    WRITE_ONCE(node->prev->next, node->next);
    node->next->prev = node->prev;
    list_init(node);
}
static inline struct list *list_pop_front(struct list *l)
{
    struct list *node = l->next;
    if (node == l)
        return NULL;
    list_remove(node);
    return node;
}
#define list_entry(node, type, member) container_of(node, type, member)
#define list_first(l, type, member)    (list_is_empty(l) ? NULL : list_entry((l)->next, type, member))
#define list_for_each(pos, l, member)                                                                        \
    for (pos = list_entry((l)->next, __typeof__(*pos), member); &pos->member != (l);                         \
         pos = list_entry(pos->member.next, __typeof__(*pos), member))
#define list_for_each_safe(pos, tmp, l, member)                                                              \
    for (pos = list_entry((l)->next, __typeof__(*pos), member),                                              \
        tmp = list_entry(pos->member.next, __typeof__(*pos), member);                                        \
         &pos->member != (l); pos = tmp, tmp = list_entry(tmp->member.next, __typeof__(*tmp), member))
