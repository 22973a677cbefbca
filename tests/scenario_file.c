/* A file that fills its pages with index*1024+word: see tests/scenario.h. */
#include "mm/file/mapping.h"
#include "mm/kernel/slab.h"
#include "tests/scenario.h"

struct scene_file {
    struct mapping mapping;
    u32 pages;
};

static int file_read_page(struct mapping *mapping, struct page *page)
{
    u32 *word = page_map(page);
    for (u32 i = 0; i < PAGE_SIZE / 4; i++)
        word[i] = page_index(page) * 1024 + i;
    page_unmap(word);
    page_bit_set(page, PAGE_UPTODATE);
    return 0;
}

static u64 file_size(struct mapping *mapping)
{
    struct scene_file *file = mapping->host;
    return (u64)file->pages * PAGE_SIZE;
}

static void file_keep(struct mapping *mapping) {}

static const struct mapping_ops file_ops = {
    .kind = "scene file",
    .read_page = file_read_page,
    .size = file_size,
    .get = file_keep,
    .put = file_keep,
};

struct mapping *scene_file(u32 pages)
{
    struct scene_file *file = obtain(kmalloc(sizeof *file, GFP_KERNEL));

    assert(file != NULL);
    file->pages = pages;
    mapping_init(&file->mapping, &file_ops, file);
    return &file->mapping;
}

void scene_file_free(struct mapping *mapping)
{
    scene_drain(); /* regions that are gone may still be about to put it */
    mapping_drop(mapping, 0);
    kfree(mapping->host);
}
