/*
 * The graph: nodes are classes, edges are "while this was held, that was wanted".
 *
 * Everybody reads it at every acquisition and almost nobody ever writes it: an edge is learned once. So a
 * look takes no lock, and the word that writers take is not one of ours (a lock here would watch itself). An
 * edge that was seen stays; one that is just being added may be missed, and is then found under the word.
 */
#include "diag/assert.h"
#include "diag/trace.h"
#include "lib/string.h"
#include "sync/lockdep_internal.h"

static u32 writing;
static struct lock_node nodes[NODES_MAX];
static struct lock_edge edges[EDGES_MAX];
static u16 edge_at[NODES_MAX][NODES_MAX]; /* number in `edges` + 1; 0: no edge */
static u32 nodes_n = 1, edges_n;
#define REFUSED 0xFFFFu /* an edge that was reported, and is not part of the order (lockdep=warn) */

static_assert(NODES_MAX <= 256, "a node's number fits in a byte");

irqflags_t graph_lock(void)
{
    irqflags_t flags = irq_save();

    while (__atomic_exchange_n(&writing, 1, __ATOMIC_ACQUIRE))
        cpu_relax(); /* it is held for a search at most, and by nobody who waits */
    return flags;
}

void graph_unlock(irqflags_t flags)
{
    __atomic_store_n(&writing, 0, __ATOMIC_RELEASE);
    irq_restore(flags);
}

u32 graph_node(struct lock_class *class, bool is_wait)
{
    u16 *number = is_wait ? &class->wait_node : &class->node;

    if (likely(READ_ONCE(*number) != 0))
        return *number;
    irqflags_t flags = graph_lock();
    if (*number == 0 && nodes_n < NODES_MAX) {
        nodes[nodes_n] = (struct lock_node){.class = class, .is_wait = is_wait};
        WRITE_ONCE(*number, (u16)nodes_n);
        WRITE_ONCE(nodes_n, nodes_n + 1);
    }
    graph_unlock(flags);
    return *number;
}

struct lock_moment moment_here(vaddr_t ip)
{
    s32 pid = current != NULL ? trace_pid_of(current) : 0;

    return (struct lock_moment){.ip = ip, .pid = pid, .cpu = cpu_id()};
}

bool graph_knows(u32 from, u32 to)
{
    return READ_ONCE(edge_at[from][to]) != 0;
}

void graph_add(u32 from, u32 to, const struct held_lock *held, vaddr_t ip)
{
    assert(from != 0 && to != 0 && from < nodes_n && to < nodes_n);
    if (edge_at[from][to] != 0 || edges_n == EDGES_MAX)
        return;
    edges[edges_n] = (struct lock_edge){.from = (u8)from,
                                        .to = (u8)to,
                                        .from_mode = (u8)held->mode,
                                        .is_irq = in_interrupt(),
                                        .from_ip = held->ip,
                                        .at = moment_here(ip)};
    WRITE_ONCE(edge_at[from][to], (u16)(edges_n + 1));
    WRITE_ONCE(edges_n, edges_n + 1);
    nodes[from].after++;
}

const struct lock_edge *graph_edge(u32 from, u32 to)
{
    u32 at = READ_ONCE(edge_at[from][to]);

    return at != 0 && at != REFUSED ? &edges[at - 1] : NULL;
}

void graph_refuse(u32 from, u32 to)
{
    WRITE_ONCE(edge_at[from][to], REFUSED);
}

struct lock_node *graph_at(u32 node)
{
    assert(node < NODES_MAX);
    return &nodes[node];
}

u32 graph_nodes(void)
{
    return READ_ONCE(nodes_n);
}

u32 graph_edges(void)
{
    return READ_ONCE(edges_n);
}

const struct lock_edge *graph_edge_number(u32 i)
{
    assert(i < edges_n);
    return &edges[i];
}

/* Writes the way that `came_from` describes, from its start to `last`. */
static u32 unwind(const u8 came_from[NODES_MAX], u32 start, u32 last, u8 path[NODES_MAX])
{
    u32 n = 1;

    for (u32 at = last; at != start; at = came_from[at])
        n++;
    for (u32 at = last, i = n; i-- > 0; at = came_from[at])
        path[i] = (u8)at;
    return n;
}

/* Breadth first: the first one found is the nearest. The tables are static: the callers hold the word. */
u32 graph_way(u32 start, bool back, node_wanted wanted, u32 arg, u8 path[NODES_MAX])
{
    static u8 queue[NODES_MAX], came_from[NODES_MAX];
    static bool seen[NODES_MAX];
    u32 head = 0, tail = 0;

    memset(seen, 0, sizeof seen);
    queue[tail++] = (u8)start;
    seen[start] = true;
    while (head < tail) {
        u32 at = queue[head++];
        if (wanted(at, arg))
            return unwind(came_from, start, at, path);
        for (u32 next = 1; next < nodes_n; next++) {
            if (seen[next] || !(back ? graph_edge(next, at) : graph_edge(at, next)))
                continue;
            seen[next] = true;
            came_from[next] = (u8)at;
            queue[tail++] = (u8)next;
        }
    }
    return 0;
}
