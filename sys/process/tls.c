/* user_desc to segment descriptor: SDM vol. 3A, 3.4.5. */
#include "sys/process/tls.h"
#include "arch/user.h"
#include "diag/assert.h"
#include "lib/errno.h"
#include "sys/syscalls.h"

#define FIRST_ENTRY 6u
#define ENTRIES     3u

struct user_desc {
    u32 entry, base, limit;
    u32 seg_32bit : 1, contents : 2, read_exec_only : 1, limit_in_pages : 1, seg_not_present : 1, useable : 1,
        unused : 25;
};
static_assert(sizeof(struct user_desc) == 16, "struct user_desc, asm/ldt.h");

static bool is_empty(const struct user_desc *d)
{
    return !d->base && !d->limit && !d->contents && !d->seg_32bit && !d->limit_in_pages && !d->useable;
}

/* Data segments of ring 3; a code segment (contents 2, 3) has no use here and is refused by the caller. */
static u64 descriptor_of(const struct user_desc *d)
{
    if (is_empty(d) || d->seg_not_present)
        return 0;
    u32 access =
        0xf0u | (d->read_exec_only ? 0 : 2u) | (d->contents == 1 ? 4u : 0) | 1u; /* present, DPL 3, data */
    u32 low = (d->base << 16) | (d->limit & 0xffffu);
    u32 high = (d->base & 0xff000000u) | (d->limit_in_pages ? 1u << 23 : 0) | (d->seg_32bit ? 1u << 22 : 0) |
               (d->limit & 0xf0000u) | access << 8 | (d->base >> 16 & 0xffu);
    return (u64)high << 32 | low;
}

/* `entry` is one of the three, and the segment one of data. */
static int install(struct task *task, const struct user_desc *d)
{
    if (d->entry - FIRST_ENTRY >= ENTRIES || d->contents > 1)
        return -EINVAL;
    context_set_tls(task, d->entry - FIRST_ENTRY, descriptor_of(d));
    return 0;
}

int tls_set(struct task *task, vaddr_t desc, const struct trap_frame *frame)
{
    struct user_desc d;
    if (copy_from_user(&d, desc, sizeof(d)))
        return -EFAULT;
    return install(task, &d);
}

s32 sys_set_thread_area(vaddr_t desc)
{
    struct user_desc d;
    if (copy_from_user(&d, desc, sizeof(d)))
        return -EFAULT;
    if (d.entry == ~0u) {
        u32 i = 0;
        while (i < ENTRIES && current->arch.tls[i])
            i++;
        if (i == ENTRIES)
            return -ESRCH;
        d.entry = FIRST_ENTRY + i;
        if (user_store_u32(desc, d.entry))
            return -EFAULT;
    }
    return install(current, &d);
}

s32 sys_get_thread_area(vaddr_t desc)
{
    struct user_desc d;
    if (copy_from_user(&d, desc, sizeof(d)))
        return -EFAULT;
    if (d.entry - FIRST_ENTRY >= ENTRIES)
        return -EINVAL;
    u64 raw = current->arch.tls[d.entry - FIRST_ENTRY];
    u32 low = (u32)raw, high = (u32)(raw >> 32), access = high >> 8 & 0xff;
    d = (struct user_desc){
        .entry = d.entry,
        .base = low >> 16 | (high & 0xffu) << 16 | (high & 0xff000000u),
        .limit = (low & 0xffffu) | (high & 0xf0000u),
        .seg_32bit = high >> 22 & 1,
        .contents = access >> 2 & 1,
        .read_exec_only = !(access & 2),
        .limit_in_pages = high >> 23 & 1,
        .seg_not_present = !(access & 0x80),
        .useable = high >> 20 & 1,
    };
    return copy_to_user(desc, &d, sizeof(d));
}
