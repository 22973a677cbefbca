/* Between mm/range/range.c and mm/range/range_fit.c. */
#pragma once
#include "mm/range/range.h"

static inline struct range_node *addr_node(const struct splay_node *n)
{
    return container_of(n, struct range_node, by_addr);
}
static inline struct range_node *size_node(const struct splay_node *n)
{
    return container_of(n, struct range_node, by_size);
}
/* The extent that serves the request, and where in it; NULL: none does. Changes nothing but the trees' shape.
 */
struct range_node *range_fit(struct range_set *set, const struct range_request *request, u32 *start);
