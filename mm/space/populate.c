/* Faulting a range in before it is touched: MAP_POPULATE, mlock, MADV_POPULATE_*. */
#include "mm/fault/fault.h"
#include "mm/space/mm_private.h"

static int populate_error(enum fault_result result)
{
    switch (result) {
    case FAULT_DONE:
        return 0;
    case FAULT_NO_REGION:
        return -ENOMEM;
    case FAULT_BAD_ACCESS:
        return -EINVAL;
    case FAULT_NO_MEMORY:
        return -EAGAIN;
    case FAULT_KILLED:
        return -EINTR;
    default:
        return -EFAULT;
    }
}

int mm_populate(struct mm *mm, vaddr_t start, u32 length, bool write)
{
    vaddr_t end;
    int error = user_range(start, length, &end);

    might_sleep();
    for (vaddr_t addr = start; !error && addr < end; addr += PAGE_SIZE)
        error = populate_error(fault_handle(mm, addr, write ? ACCESS_WRITE : ACCESS_READ));
    return error;
}
