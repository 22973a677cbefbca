/*
 * /proc/fail_nth and /proc/fail_sites (test image): a program makes the Nth allocation that the kernel does
 * for it fail, and reads who was refused and what is in use (`make fail-nth`).
 *
 * fail_nth takes a number; the count begins at once, for the thread that wrote it, and runs into its exit.
 * The first line of fail_sites holds what must be the same before and after: frames outside of slabs and the
 * kernel window, objects in slabs, frames of the window, all after every stock was emptied.
 */
#include "sys/proc/files.h"

#ifdef FL_TEST
#include "fs/generated.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/frame/alloc_fail.h"
#include "mm/frame/frames.h"
#include "mm/kernel/kvalloc.h"
#include "mm/kernel/slab.h"
#include "sync/rcu.h"

static int take_fail_nth(char *written, u32 unused)
{
    u32 n;
    char *end = strchr(written, '\n');
    if (end)
        *end = '\0';
    if (!parse_u32(written, &n))
        return -EINVAL;
    alloc_fail_nth_of_task(n);
    return 0;
}

static void make_fail_nth(struct text *t, u32 unused)
{
    text_print(t, "0\n");
}

static void print_site(void *ctx, vaddr_t site, u32 refused)
{
    text_print(ctx, "%6u %pS\n", refused, (void *)site);
}
static void print_nothing(void *ctx, vaddr_t site, u32 refused) {}

static void make_fail_sites(struct text *t, u32 unused)
{
    rcu_drain();
    kvalloc_purge();
    slab_reap();
    u32 frames = frames_users(), objects = slab_objects_in_use(), window = kv_pages_in_use();
    text_print(t, "refused %u frames %u objects %u window %u\n", alloc_fail_report(print_nothing, NULL),
               frames, objects, window);
    alloc_fail_report(print_site, t);
}

int proc_failures_init(struct inode *proc)
{
    int error = generated_add(proc, "fail_nth", make_fail_nth, take_fail_nth);
    return error ? error : generated_add(proc, "fail_sites", make_fail_sites, NULL);
}
#else
int proc_failures_init(struct inode *proc)
{
    return 0;
}
#endif
