/* Memory that is shared and has no file: a page cache of its own, whose pages begin as zeroes and are never
 * written back. */
#include "diag/assert.h"
#include "mm/file/mapping.h"
#include "mm/kernel/slab.h"
#include "mm/space/commit.h"
#include "sync/mutex.h"

struct shmem {
    struct mapping mapping;
    atomic_t refs;         /* regions that map it, and the creator until it has put its own */
    u32 pages;             /* (c) */
    struct mutex removing; /* RANK_FILE: one mapping_remove() at a time */
    void (*gone)(void *owner);
    void *owner;  /* (c) once somebody maps it */
    u32 promised; /* (c) how many of them are promised: all or none */
};

static int shmem_read_page(struct mapping *mapping, struct page *page)
{
    page_zero(page);
    return 0;
}

static u64 shmem_size(struct mapping *mapping)
{
    return (u64)container_of(mapping, struct shmem, mapping)->pages << PAGE_SHIFT;
}

static void shmem_get(struct mapping *mapping)
{
    int refs = atomic_inc(&container_of(mapping, struct shmem, mapping)->refs);

    assert(refs > 1);
}

static void shmem_put(struct mapping *mapping)
{
    struct shmem *shmem = container_of(mapping, struct shmem, mapping);
    int refs = atomic_dec(&shmem->refs);

    assert(refs >= 0);
    if (refs > 0)
        return;
    mapping_drop(mapping, 0);
    commit_uncharge(shmem->promised);
    if (shmem->gone)
        shmem->gone(shmem->owner);
    kfree(shmem);
}

static int shmem_remove(struct mapping *mapping, u32 first, u32 end)
{
    struct shmem *shmem = container_of(mapping, struct shmem, mapping);

    mutex_lock(&shmem->removing);
    mapping_remove(mapping, first, end, false);
    mutex_unlock(&shmem->removing);
    return 0;
}

static const struct mapping_ops shmem_ops = {
    .remove = shmem_remove,
    .kind = "shared memory",
    .read_page = shmem_read_page,
    .size = shmem_size,
    .get = shmem_get,
    .put = shmem_put,
    .is_memory = true,
};

bool mapping_is_shmem(const struct mapping *mapping)
{
    return mapping->ops == &shmem_ops;
}

struct mapping *shmem_create(u32 pages, bool promise)
{
    struct shmem *shmem;

    if (promise && commit_charge(pages))
        return NULL;
    shmem = kmalloc(sizeof *shmem, GFP_KERNEL);
    if (!shmem) {
        commit_uncharge(promise ? pages : 0);
        return NULL;
    }
    shmem->promised = promise ? pages : 0;
    mutex_init(&shmem->removing, "shmem", FILE);
    shmem->gone = NULL;
    shmem->owner = NULL;
    mapping_init(&shmem->mapping, &shmem_ops, shmem);
    atomic_set(&shmem->refs, 1);
    shmem->pages = pages;
    return &shmem->mapping;
}

u32 shmem_references(const struct mapping *mapping)
{
    return (u32)atomic_read(&container_of(mapping, struct shmem, mapping)->refs);
}

bool shmem_get_unless_gone(struct mapping *mapping)
{
    return atomic_inc_unless_zero(&container_of(mapping, struct shmem, mapping)->refs);
}

void shmem_on_last_put(struct mapping *mapping, void (*fn)(void *owner), void *owner)
{
    struct shmem *shmem = container_of(mapping, struct shmem, mapping);

    shmem->gone = fn;
    shmem->owner = owner;
}

void *shmem_owner(const struct mapping *mapping)
{
    return container_of(mapping, struct shmem, mapping)->owner;
}
