/* Memory that is shared and has no file: a page cache of its own, whose pages begin as zeroes and are never
 * written back. */
#include "diag/assert.h"
#include "mm/file/mapping.h"
#include "mm/kernel/slab.h"
#include "mm/space/commit.h"

struct shmem {
    struct mapping mapping;
    atomic_t refs; /* regions that map it, and the creator until it has put its own */
    u32 pages;     /* (c) */
    u32 promised;  /* (c) how many of them are promised: all or none */
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
    kfree(shmem);
}

static const struct mapping_ops shmem_ops = {
    .read_page = shmem_read_page,
    .size = shmem_size,
    .get = shmem_get,
    .put = shmem_put,
};

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
    mapping_init(&shmem->mapping, &shmem_ops, shmem);
    atomic_set(&shmem->refs, 1);
    shmem->pages = pages;
    return &shmem->mapping;
}
