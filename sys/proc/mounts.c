/* What is mounted where: the same for everybody, since nobody can mount. /proc/PID/mounts, /proc/PID/mountinfo. */
#include "fs/generated.h"
#include "fs/tmpfs.h"
#include "lib/string.h"
#include "sys/proc/files.h"

/* All of it has the device number that stat(2) tells. */
static const struct {
    const char *type, *at;
} mounts[] = {{"tmpfs", "/"}, {"proc", "/proc"}, {"tmpfs", "/dev/shm"}};

/* What a file system is mounted with, beyond rw. */
static void print_size(struct text *t, const char *type)
{
    if (strcmp(type, "tmpfs") == 0)
        text_print(t, ",size=%uk", tmpfs_room().pages << (PAGE_SHIFT - 10));
}

void proc_make_mounts(struct text *t, u32 unused)
{
    for (u32 i = 0; i < ARRAY_SIZE(mounts); i++) {
        text_print(t, "%s %s %s rw", mounts[i].type, mounts[i].at, mounts[i].type);
        print_size(t, mounts[i].type);
        text_print(t, " 0 0\n");
    }
}

/* Number, parent's number, device, what of it, where, how, "-", and what. The root is its own parent. */
void proc_make_mountinfo(struct text *t, u32 unused)
{
    for (u32 i = 0; i < ARRAY_SIZE(mounts); i++) {
        text_print(t, "%u 1 0:1 / %s rw - %s %s rw", i + 1, mounts[i].at, mounts[i].type, mounts[i].type);
        print_size(t, mounts[i].type);
        text_print(t, "\n");
    }
}
