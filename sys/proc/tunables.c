/* /proc/sys: what can be set while the kernel runs, and some numbers that programs ask for. */
#include "fs/dir.h"
#include "fs/generated.h"
#include "fs/tmpfs.h"
#include "lib/string.h"
#include "mm/space/commit.h"
#include "mm/space/compact.h"
#include "mm/space/vma.h"
#include "sys/proc/files.h"

static void make_pid_max(struct text *t, u32 unused)
{
    text_print(t, "32768\n");
}
static void make_zero(struct text *t, u32 unused)
{
    text_print(t, "0\n");
}
static void make_map_count(struct text *t, u32 unused)
{
    text_print(t, "%u\n", VMA_LIMIT);
}

static void make_mmap_min_addr(struct text *t, u32 unused)
{
    text_print(t, "%u\n", (u32)USER_START);
}

/* A write, whatever it says, makes 4 MiB free in one piece if that can be done. */
static int take_compact_memory(char *written, u32 unused)
{
    struct compaction what;
    struct page *block = compact(COMPACT_MAX, COMPACT_ANYWHERE, &what);
    if (!block)
        return -ENOMEM;
    page_put_range(block, COMPACT_MAX);
    return 0;
}
/* A number up to `most`, with or without its newline. */
static int take_number(char *written, u32 most, u32 *to)
{
    char *end = strrchr(written, '\n');
    u32 value;
    if (end && !end[1])
        *end = '\0';
    if (!parse_u32(written, &value) || value > most)
        return -EINVAL;
    WRITE_ONCE(*to, value);
    return 0;
}
static void make_overcommit_memory(struct text *t, u32 unused)
{
    text_print(t, "%u\n", READ_ONCE(overcommit_mode));
}
static int take_overcommit_memory(char *written, u32 unused)
{
    return take_number(written, OVERCOMMIT_NEVER, &overcommit_mode);
}
static void make_overcommit_ratio(struct text *t, u32 unused)
{
    text_print(t, "%u\n", READ_ONCE(overcommit_ratio));
}
static int take_overcommit_ratio(char *written, u32 unused)
{
    return take_number(written, 0x7fffffff, &overcommit_ratio);
}

static const struct {
    const char *dir, *name;
    text_maker make;
    text_taker take;
} files[] = {
    {"kernel", "pid_max", make_pid_max, NULL},
    {"kernel", "tainted", make_zero, NULL},
    {"vm", "max_map_count", make_map_count, NULL},
    {"vm", "mmap_min_addr", make_mmap_min_addr, NULL},
    {"vm", "compact_memory", make_zero, take_compact_memory},
    {"vm", "overcommit_memory", make_overcommit_memory, take_overcommit_memory},
    {"vm", "overcommit_ratio", make_overcommit_ratio, take_overcommit_ratio},
};

static struct inode *add_dir(struct inode *parent, const char *name, int *error)
{
    struct inode *dir = tmpfs_create(S_IFDIR | 0555);
    *error = dir ? dir_link(parent, name, dir) : -ENOMEM;
    return dir;
}

int proc_tunables_init(struct inode *proc)
{
    int error = 0;
    struct inode *sys = add_dir(proc, "sys", &error), *kernel = NULL, *vm = NULL;
    if (!error)
        kernel = add_dir(sys, "kernel", &error);
    if (!error)
        vm = add_dir(sys, "vm", &error);
    for (u32 i = 0; i < ARRAY_SIZE(files) && !error; i++)
        error = generated_add(strcmp(files[i].dir, "vm") ? kernel : vm, files[i].name, files[i].make,
                              files[i].take);
    inode_put(vm);
    inode_put(kernel);
    inode_put(sys);
    return error;
}
