/*
 * /proc/PID/maps, smaps, smaps_rollup: the regions are copied at one moment, under mmap_lock, and printed
 * without it. proc(5).
 */
#include "fs/dir.h"
#include "fs/page_io.h"
#include "fs/path.h"
#include "fs/tmpfs.h"
#include "lib/format.h"
#include "lib/string.h"
#include "mm/kernel/kvalloc.h"
#include "mm/kernel/slab.h"
#include "mm/space/measure.h"
#include "sys/proc/snapshot.h"

#define KB(pages) ((pages) * (PAGE_SIZE / 1024u))
#define NAME_AT   49u /* the column of a region's name in a 32-bit Linux */

struct region {
    vaddr_t start, end;
    u32 flags, pgoff;
    struct inode *inode; /* referenced, or NULL */
    char name[28];       /* a copy: a segment's name goes with it */
    struct page_sums sums;
};
struct regions {
    struct mm *mm;
    bool measure;
    struct region *at;
    u32 count, room;
};

/* What has no inode is named after what it is for. */
static const char *region_name(const struct mm *mm, const struct vma *vma)
{
    if (vma->mapping)
        return vma->name ? vma->name : "/dev/zero (deleted)"; /* shared anonymous, as Linux shows it */
    if (vma->start < mm->brk && vma->end > mm->brk_start)
        return "[heap]";
    return vma->name;
}

static void copy_region(void *ctx, const struct vma *vma)
{
    struct regions *r = ctx;
    rwsem_assert_held(&r->mm->mmap_lock);
    if (r->count == r->room)
        return;
    struct inode *inode = vma->mapping ? tmpfs_inode_of(vma->mapping) : NULL;
    if (inode)
        inode_get(inode);
    struct region *region = &r->at[r->count++];
    *region =
        (struct region){vma->start, vma->end, vma->flags, vma->mapping ? vma->pgoff : 0, inode, {0}, {0}};
    const char *name = region_name(r->mm, vma);
    if (name)
        string_copy(region->name, name, sizeof(region->name));
    if (r->measure)
        vma_measure(r->mm, vma, &region->sums);
}

static void file_name(struct inode *inode, char *path)
{
    if (inode_path(inode, path, PATH_MAX) >= 0)
        return;
    fmt_snprintf(path, PATH_MAX, "/%s (deleted)", inode->target ? inode->target : "");
}

static void print_region(struct text *t, const struct region *r, char *path)
{
    size_t line = t->length;
    text_print(t, "%08x-%08x %c%c%c%c %08x 00:%02x %u ", r->start, r->end, r->flags & VM_READ ? 'r' : '-',
               r->flags & VM_WRITE ? 'w' : '-', r->flags & VM_EXEC ? 'x' : '-',
               r->flags & VM_SHARED ? 's' : 'p', r->pgoff << PAGE_SHIFT, r->inode ? 1 : 0,
               r->inode ? r->inode->ino : 0);
    if (r->inode)
        file_name(r->inode, path);
    else
        string_copy(path, r->name, PATH_MAX);
    if (*path)
        text_print(t, "%*s%s", (int)(NAME_AT - MIN(t->length - line, NAME_AT)), "", path);
    text_append(t, "\n", 1);
}

static void print_row(struct text *t, const char *name, u32 kb)
{
    text_print(t, "%-15s %8u kB\n", name, kb);
}

static void print_sums(struct text *t, const struct page_sums *s, u32 locked_pss)
{
    print_row(t, "Rss:", KB(s->resident));
    print_row(t, "Pss:", (u32)(s->pss >> 10));
    print_row(t, "Shared_Clean:", KB(s->shared_clean));
    print_row(t, "Shared_Dirty:", KB(s->shared_dirty));
    print_row(t, "Private_Clean:", KB(s->private_clean));
    print_row(t, "Private_Dirty:", KB(s->private_dirty));
    print_row(t, "Referenced:", KB(s->referenced));
    print_row(t, "Anonymous:", KB(s->anon));
    print_row(t, "LazyFree:", KB(s->lazy));
    static const char *const nothing[] = {
        "AnonHugePages:",   "ShmemPmdMapped:", "FilePmdMapped:", "Shared_Hugetlb:",
        "Private_Hugetlb:", "Swap:",           "SwapPss:"};
    for (u32 i = 0; i < ARRAY_SIZE(nothing); i++)
        print_row(t, nothing[i], 0);
    print_row(t, "Locked:", locked_pss);
}

static void print_flags(struct text *t, u32 flags)
{
    static const struct {
        u32 flag;
        const char *name;
    } names[] = {{VM_READ, "rd"},      {VM_WRITE, "wr"},      {VM_EXEC, "ex"},     {VM_SHARED, "sh"},
                 {VM_GROWSDOWN, "gd"}, {VM_LOCKED, "lo"},     {VM_DONTFORK, "dc"}, {VM_ACCOUNT, "ac"},
                 {VM_NORESERVE, "nr"}, {VM_WIPEONFORK, "wf"}, {VM_RANDOM, "rr"},   {VM_USERFAULT, "um"}};
    text_print(t, "VmFlags:");
    for (u32 i = 0; i < ARRAY_SIZE(names); i++) {
        if (flags & names[i].flag)
            text_print(t, " %s", names[i].name);
        if (names[i].flag == VM_SHARED)
            text_print(t, flags & VM_MAYWRITE ? " mr mw me" : " mr me");
    }
    text_print(t, "\n");
}

static u32 locked_kb(const struct region *r)
{
    return r->flags & VM_LOCKED ? (u32)(r->sums.pss >> 10) : 0;
}

static void print_details(struct text *t, const struct region *r)
{
    print_row(t, "Size:", (r->end - r->start) >> 10);
    print_row(t, "KernelPageSize:", 4);
    print_row(t, "MMUPageSize:", 4);
    print_sums(t, &r->sums, locked_kb(r));
    text_print(t, "THPeligible:    0\n");
    print_flags(t, r->flags);
}

static void regions_take(struct regions *r, struct mm *mm, bool measure)
{
    *r = (struct regions){.mm = mm, .measure = measure, .room = READ_ONCE(mm->vma_count) + 64};
    r->at = kvalloc(r->room * sizeof(*r->at), "regions for /proc", 0);
    if (r->at)
        mm_maps_report(mm, copy_region, r);
}

static void regions_put(struct regions *r)
{
    for (u32 i = 0; i < r->count; i++)
        inode_put(r->at[i].inode);
    kvfree(r->at);
}

static void print_all(struct text *t, u32 who, bool details)
{
    struct mm *mm = proc_mm(who);
    char *path = kmalloc(PATH_MAX, GFP_KERNEL);
    struct regions r = {0};
    if (mm)
        regions_take(&r, mm, details);
    t->failed |= !path || (mm && !r.at);
    for (u32 i = 0; i < r.count && !t->failed; i++) {
        print_region(t, &r.at[i], path);
        if (details)
            print_details(t, &r.at[i]);
    }
    regions_put(&r);
    kfree(path);
    if (mm)
        mm_put_user(mm);
}

void proc_make_maps(struct text *t, u32 who)
{
    print_all(t, who, false);
}
void proc_make_smaps(struct text *t, u32 who)
{
    print_all(t, who, true);
}

static void add_sums(struct page_sums *to, const struct page_sums *s)
{
    to->resident += s->resident;
    to->anon += s->anon;
    to->shared_clean += s->shared_clean;
    to->shared_dirty += s->shared_dirty;
    to->private_clean += s->private_clean;
    to->private_dirty += s->private_dirty;
    to->referenced += s->referenced;
    to->pss += s->pss;
}

void proc_make_smaps_rollup(struct text *t, u32 who)
{
    struct mm *mm = proc_mm(who);
    struct page_sums all = {0};
    struct regions r = {0};
    u32 locked = 0;
    if (!mm)
        return;
    regions_take(&r, mm, true);
    for (u32 i = 0; i < r.count; i++) {
        add_sums(&all, &r.at[i].sums);
        locked += locked_kb(&r.at[i]);
    }
    if (r.count) {
        text_print(t, "%08x-%08x ---p 00000000 00:00 0%*s[rollup]\n", r.at[0].start, r.at[r.count - 1].end,
                   11, "");
        print_sums(t, &all, locked);
    }
    t->failed |= !r.at;
    regions_put(&r);
    mm_put_user(mm);
}
