/* What a page is called in wait chains (sched/wait_chain.c). */
#include "lib/format.h"
#include "lib/string.h"
#include "mm/file/mapping.h"
#include "mm/frame/page_lock.h"
#include "mm/frame/page_private.h"

/* Called in a dump, too: takes no lock. Who locks a page for its file keeps the file, so what is read of the
 * file counts if the page was locked in it before and after. */
bool page_say(const void *what, const char *class_name, char *to, size_t size)
{
    const struct page *page = what;

    if (strcmp(class_name, "page_lock") != 0 || page < page_array || page >= page_array + page_array_end)
        return false;
    const struct mapping *mapping = READ_ONCE(page->mapping);
    if (mapping == NULL || !page_is_locked(page)) {
        fmt_snprintf(to, size, "page frame 0x%x", page_pfn(page));
        return true;
    }
    u32 index = READ_ONCE(page->index), number = READ_ONCE(mapping->number);
    const struct mapping_ops *ops = READ_ONCE(mapping->ops);
    if (!page_is_locked(page) || READ_ONCE(page->mapping) != mapping)
        fmt_snprintf(to, size, "page frame 0x%x", page_pfn(page));
    else if (number != 0)
        fmt_snprintf(to, size, "page 0x%x of %s %u", index, ops->kind, number);
    else
        fmt_snprintf(to, size, "page 0x%x of %s %p", index, ops->kind, mapping);
    return true;
}
