/* A program's segments become regions of its space. */
#include "arch/user.h"
#include "lib/errno.h"
#include "mm/space/mm.h"
#include "sys/process/exec_private.h"

static u32 page_end(u32 address)
{
    return ALIGN_UP(address, PAGE_SIZE);
}

static int map_anonymous(struct mm *mm, u32 start, u32 end, u32 vm_flags, const char *name)
{
    if (start >= end)
        return 0;
    const struct mmap_request r = {.addr = start,
                                   .length = end - start,
                                   .vm_flags = vm_flags | VM_MAYWRITE,
                                   .how = MM_FIXED,
                                   .name = name};
    s32 got = mm_mmap(mm, &r);
    return (u32)got == start ? 0 : got;
}

/* The file's pages, then zeroed memory up to the segment's end. The rest of the last file page is cleared
 * later. */
static int map_segment(struct mm *mm, struct inode *inode, const struct elf_segment *s)
{
    u32 first = ALIGN_DOWN(s->start, PAGE_SIZE), file_end = page_end(s->start + s->file_size);
    u32 flags = (s->flags & 4 ? VM_READ : 0) | (s->flags & 2 ? VM_WRITE : 0) | (s->flags & 1 ? VM_EXEC : 0);
    if (s->file_size == 0)
        return map_anonymous(mm, first, page_end(s->start + s->memory_size), flags, NULL);
    const struct mmap_request r = {
        .addr = first,
        .length = file_end - first,
        .vm_flags = flags | VM_MAYWRITE,
        .how = MM_FIXED,
        .mapping = &inode->mapping,
        .pgoff = ALIGN_DOWN(s->offset, PAGE_SIZE) >> PAGE_SHIFT,
    };
    s32 got = mm_mmap(mm, &r);
    if ((u32)got != first)
        return got;
    return map_anonymous(mm, file_end, page_end(s->start + s->memory_size), flags, NULL);
}

int exec_map_image(struct mm *mm, struct inode *inode, const struct elf_image *image)
{
    int error = 0;
    for (u32 i = 0; i < image->count && !error; i++)
        error = map_segment(mm, inode, &image->segments[i]);
    if (!error)
        error = map_anonymous(mm, STACK_TOP - STACK_INITIAL, STACK_TOP,
                              VM_READ | VM_WRITE | (image->executable_stack ? VM_EXEC : 0) | VM_STACK |
                                  VM_GROWSDOWN,
                              "[stack]");
    mm->brk_start = mm->brk = page_end(image->end);
    mm->stack_top = STACK_TOP;
    return error;
}

int exec_clear_tails(const struct elf_image *image)
{
    for (u32 i = 0; i < image->count; i++) {
        const struct elf_segment *s = &image->segments[i];
        u32 end = s->start + s->file_size;
        if (s->memory_size > s->file_size && s->file_size && (s->flags & 2) && end % PAGE_SIZE &&
            clear_user(end, page_end(end) - end))
            return -EFAULT;
    }
    return 0;
}
