/* The red-black tree against a sorted array, with every rule checked after every step. */
#include "lib/random.h"
#include "lib/rbtree.h"
#include "tests/test.h"

#define ITEMS 300

struct item {
    struct rbnode node;
    u32 key;
    bool linked;
};
static struct item items[ITEMS];
static struct rbtree tree;

static void insert(struct item *item)
{
    struct rbnode *parent = NULL, *at = tree.root;
    bool left = false;
    while (at) {
        parent = at;
        left = item->key < rb_entry(at, struct item, node)->key;
        at = left ? at->left : at->right;
    }
    rb_insert(&tree, &item->node, parent, left);
    item->linked = true;
}

static u32 next_linked(u32 key)
{
    while (key < ITEMS && !items[key].linked)
        key++;
    return key;
}

/* Forward and backward, the walk meets exactly the linked items in order. */
static void check_walk(int linked)
{
    check_eq(rb_check(&tree), linked);
    u32 key = 0;
    for (struct rbnode *n = rb_first(&tree); n; n = rb_next(n), key++) {
        key = next_linked(key);
        check_eq(rb_entry(n, struct item, node)->key, key);
    }
    check_eq(next_linked(key), ITEMS);
    int back = 0;
    for (struct rbnode *n = rb_last(&tree); n; n = rb_prev(n))
        back++;
    check_eq(back, linked);
}

TEST(lib_rbtree_random, .shows = "20000 random insertions and removals keep the tree ordered and balanced")
{
    struct random r;
    int linked = 0;
    random_seed(&r, 1);
    for (u32 i = 0; i < ITEMS; i++)
        items[i] = (struct item){.key = i};
    tree.root = NULL;
    for (u32 step = 0; step < 20000 && !test_failed(); step++) {
        struct item *item = &items[random_below(&r, ITEMS)];
        /* Phases lean to growing, then to shrinking, so that the tree is empty and full at times. */
        bool grow = random_below(&r, 100) < (step / 2000 % 2 ? 20 : 80);
        if (item->linked == grow)
            continue;
        if (grow)
            insert(item);
        else
            rb_remove(&tree, &item->node);
        item->linked = grow;
        linked += grow ? 1 : -1;
        check_eq(rb_check(&tree), linked);
        if (step % 64 == 0)
            check_walk(linked);
    }
    check_walk(linked);
}

TEST(lib_rbtree_ordered, .shows = "ascending insertion and removal from either end stay balanced")
{
    tree.root = NULL;
    for (u32 i = 0; i < ITEMS; i++) {
        items[i] = (struct item){.key = i};
        insert(&items[i]);
        check_eq(rb_check(&tree), (int)i + 1);
    }
    for (u32 i = 0; i < ITEMS / 2; i++) {
        struct rbnode *first = rb_first(&tree), *last = rb_last(&tree);
        check_eq(rb_entry(first, struct item, node)->key, i);
        check_eq(rb_entry(last, struct item, node)->key, ITEMS - 1 - i);
        rb_remove(&tree, first);
        rb_remove(&tree, last);
        check_eq(rb_check(&tree), ITEMS - 2 * ((int)i + 1));
    }
    check(tree.root == NULL);
}
