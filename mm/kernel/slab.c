/* Slab objects: per-CPU magazines in front of the slabs. */
#include "mm/kernel/slab.h"
#include "diag/assert.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/frame/alloc_fail.h"
#include "mm/kernel/slab_debug.h"
#include "sync/crosscall.h"

/* An object, with more of them moved to the magazine of whatever CPU we are on by now. */
static noinline void *alloc_slow(struct slab_cache *cache, unsigned gfp)
{
    struct slab_internal *in = slab_setup(cache);
    void *batch[MAGAZINE_BATCH];
    u32 n;
    if (!in)
        return NULL;
    while ((n = slab_take(in, batch, MAGAZINE_BATCH)) == 0)
        if (!slab_grow(in, gfp))
            return NULL;
    irqflags_t flags = irq_save();
    struct magazine *magazine = slab_magazine(in); /* NULL: no memory for one, and we do without */
    while (magazine && n > 1 && magazine->n < MAGAZINE_MAX)
        magazine_push(magazine, batch[--n]);
    if (magazine)
        magazine->misses++;
    irq_restore(flags);
    if (n > 1)
        slab_give(in, batch + 1, n - 1);
    return batch[0];
}

void *slab_alloc(struct slab_cache *cache, unsigned gfp)
{
    struct slab_internal *in = load_acquire(&cache->internal);
    void *object = NULL;
    if (alloc_must_fail())
        return NULL;
    if (likely(in)) {
        irqflags_t flags = irq_save();
        struct magazine *magazine = in->magazine[cpu_id()];
        if (likely(magazine && magazine->n > 0))
            object = magazine_pop(magazine);
        irq_restore(flags);
    }
    if (unlikely(!object) && !(object = alloc_slow(cache, gfp)))
        return NULL;
    slab_debug_alloc(cache->internal, object, CALLER_IP());
    if (gfp & GFP_ZERO)
        memset(object, 0, cache->size);
    return object;
}

/* Interrupts off. Half of a full magazine goes back, the objects that were freed first. */
static noinline void free_slow(struct slab_internal *in, void *object)
{
    struct magazine *magazine = slab_magazine(in);
    void *batch[MAGAZINE_BATCH];
    if (!magazine) {
        slab_give(in, &object, 1);
        return;
    }
    if (magazine->n == MAGAZINE_MAX) {
        for (u32 i = 0; i < MAGAZINE_BATCH; i++) {
            batch[i] = magazine->object[i];
            magazine->object[i] = magazine->object[i + MAGAZINE_BATCH];
        }
        WRITE_ONCE(magazine->n,
                   magazine->n -
                       MAGAZINE_BATCH); /* before the lock: a spin for it may answer slab_reap()'s call */
        magazine->misses++;
        slab_give(in, batch, MAGAZINE_BATCH);
    }
    magazine_push(magazine, object);
}

void slab_free(struct slab_cache *cache, void *object)
{
    struct slab_internal *in = cache->internal;
    assert(object && in && slab_of(object)->internal == in);
    slab_debug_free(in, object);
    irqflags_t flags = irq_save();
    struct magazine *magazine = in->magazine[cpu_id()];
    if (likely(magazine && magazine->n < MAGAZINE_MAX))
        magazine_push(magazine, object);
    else
        free_slow(in, object);
    irq_restore(flags);
}

/* ---- giving memory back ---- */

struct emptied {
    struct slab_internal *in;
    u32 n;
    void *object[MAGAZINE_MAX];
};

/* On the magazine's CPU, interrupts off, perhaps inside a spin for some lock: takes none, only copies out. */
static void empty_magazine(void *arg)
{
    struct emptied *emptied = arg;
    struct magazine *magazine = emptied->in->magazine[cpu_id()];
    if (!magazine)
        return;
    memcpy(emptied->object, magazine->object, magazine->n * sizeof(void *));
    emptied->n = magazine->n;
    WRITE_ONCE(magazine->n, 0);
}

static void empty_magazine_of(struct slab_internal *in, u32 cpu)
{
    struct emptied emptied = {.in = in};
    if (!READ_ONCE(in->magazine[cpu]) || READ_ONCE(in->magazine[cpu]->n) == 0)
        return;
    preempt_disable();
    if (cpu == cpu_id()) {
        irqflags_t flags = irq_save();
        empty_magazine(&emptied);
        irq_restore(flags);
    } else {
        struct cpumask only = cpumask_of(cpu);
        crosscall(&only, empty_magazine, &emptied);
    }
    preempt_enable();
    slab_give(in, emptied.object, emptied.n);
}

void slab_reap(void)
{
    assert(spins_held_count() == 0);
    for (struct slab_internal *in = load_acquire(&slab_all); in; in = in->next) {
        for (u32 cpu = 0; cpu < cpu_count(); cpu++)
            empty_magazine_of(in, cpu);
        slab_drop_empty(in);
    }
}

u32 slab_objects_in_use(void)
{
    u32 used = 0;
    for (struct slab_internal *in = load_acquire(&slab_all); in; in = in->next) {
        used += READ_ONCE(in->slabs) * in->per_slab - READ_ONCE(in->in_slabs);
        for (u32 cpu = 0; cpu < cpu_count(); cpu++)
            used -= READ_ONCE(in->magazine[cpu]) ? READ_ONCE(in->magazine[cpu]->n) : 0;
    }
    return used;
}

void slab_report(void (*line)(void *ctx, const char *text), void *ctx)
{
    for (struct slab_internal *in = load_acquire(&slab_all); in; in = in->next) {
        char text[128];
        u32 cached = 0, misses = 0, total = READ_ONCE(in->slabs) * in->per_slab;
        for (u32 cpu = 0; cpu < cpu_count(); cpu++) {
            const struct magazine *magazine = READ_ONCE(in->magazine[cpu]);
            cached += magazine ? READ_ONCE(magazine->n) : 0;
            misses += magazine ? READ_ONCE(magazine->misses) : 0;
        }
        fmt_snprintf(text, sizeof(text),
                     "%-16s %6u used %6u cached %6u total %5u bytes %3u a slab %5u slabs %u misses",
                     in->cache->name, total - READ_ONCE(in->in_slabs) - cached, cached, total,
                     (u32)in->cache->size, in->per_slab, READ_ONCE(in->slabs), misses);
        line(ctx, text);
    }
}
