/* Calls about the machine: uname, sysinfo, getrandom, syslog and a few that are only polite answers. */
#include "arch/clock.h"
#include "arch/user.h"
#include "diag/printk_log.h"
#include "fs/devices.h"
#include "lib/string.h"
#include "mm/file/mapping.h"
#include "mm/frame/page.h"
#include "sys/process/process.h"
#include "sys/syscalls.h"

enum { SYSLOG_READ_ALL = 3, SYSLOG_SIZE_UNREAD = 9, SYSLOG_SIZE_BUFFER };

struct utsname {
    char sysname[65], nodename[65], release[65], version[65], machine[65], domain[65];
};

s32 sys_uname(vaddr_t to)
{
    static const struct utsname uts = {.sysname = "Linux",
                                       .nodename = "faultline",
                                       .release = "6.1.0-faultline",
                                       .version = "#1 SMP PREEMPT",
                                       .machine = "i686",
                                       .domain = "(none)"};
    return copy_to_user(to, &uts, sizeof(uts));
}

static void count_process(struct process *process, void *arg)
{
    ++*(u32 *)arg;
}

s32 sys_sysinfo(vaddr_t to)
{
    struct frame_stats frames;
    u32 processes = 0;
    frame_stats(&frames);
    mutex_lock(&process_lock);
    process_for_each(count_process, &processes);
    mutex_unlock(&process_lock);
    /* struct sysinfo of i386: uptime, loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap,
     * procs (u16, padded), totalhigh, freehigh, mem_unit, 8 bytes of padding: 64 bytes. */
    const u32 info[16] = {(u32)(clock_ns() / NS_PER_SEC),
                          sched_load_average(0) * (65536 / LOAD_ONE),
                          sched_load_average(1) * (65536 / LOAD_ONE),
                          sched_load_average(2) * (65536 / LOAD_ONE),
                          frames.total,
                          frames.free,
                          mapping_pages_cached(),
                          0,
                          0,
                          0,
                          processes,
                          0,
                          frames.high_free,
                          PAGE_SIZE};
    return copy_to_user(to, info, sizeof(info));
}

s32 sys_getrandom(vaddr_t to, size_t n, u32 flags)
{
    u8 chunk[64];
    if ((flags & ~7u) || (flags & 6u) == 6u) /* GRND_RANDOM and GRND_INSECURE contradict each other */
        return -EINVAL;
    n = MIN(n, 1u << 20);
    for (size_t done = 0; done < n; done += sizeof(chunk)) {
        size_t part = MIN(n - done, sizeof(chunk));
        random_fill(chunk, part);
        if (copy_to_user(to + done, chunk, part))
            return -EFAULT;
    }
    return (s32)n;
}

s32 sys_sethostname(vaddr_t name, u32 n)
{
    return -EPERM;
}

static s32 read_log(vaddr_t to, u32 n)
{
    char part[128];
    u32 position = printk_log_tail(n), done = 0;
    size_t got;
    while ((got = printk_log_read(part, MIN(n - done, (u32)sizeof(part)), &position)) > 0) {
        if (copy_to_user(to + done, part, got))
            return -EFAULT;
        done += (u32)got;
    }
    return (s32)done;
}

/* syslog(2), as far as dmesg wants it. Nobody is told what the console shows, nor takes away what others may
 * read. */
s32 sys_syslog(int action, vaddr_t to, s32 n)
{
    switch (action) {
    case SYSLOG_READ_ALL:
        return !to || n < 0 ? -EINVAL : read_log(to, (u32)n);
    case SYSLOG_SIZE_UNREAD:
        return 0;
    case SYSLOG_SIZE_BUFFER:
        return (s32)PRINTK_LOG_SIZE;
    default:
        return -EPERM;
    }
}

s32 sys_vhangup(void)
{
    return 0;
}

/* All capabilities or none: everybody is root, so all. capget(2), version 3. */
s32 sys_capget(vaddr_t header, vaddr_t data)
{
    const u32 all[6] = {~0u, ~0u, 0, 0x1ff, 0x1ff, 0};
    u32 version;
    if (user_load_u32(header, &version))
        return -EFAULT;
    if (version != 0x20080522u && user_store_u32(header, 0x20080522u))
        return -EFAULT;
    if (version != 0x20080522u)
        return data ? -EINVAL : 0;
    return data ? copy_to_user(data, all, sizeof(all)) : 0;
}

/* Known calls whose honest answer is that a kernel built without them has none: the C libraries have another
 * way. */
s32 sys_absent(void)
{
    return -ENOSYS;
}
