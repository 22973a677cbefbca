/*
 * The boot CPU's way from the first C line to the idle loop: the init order, one call a line.
 *
 * The code that runs here becomes CPU 0's idle task, which must never sleep; so what may sleep (unpacking
 * files, tests, the first program) is done by a task of its own, in run_first_task().
 */
#include "arch/x86/image.h"
#include "arch/x86/init.h"
#include "boot/boot_info.h"
#include "dev/devices.h"
#include "diag/bootwords.h"
#include "diag/panic.h"
#include "diag/symbols.h"
#include "diag/trace.h"
#include "fs/devices.h"
#include "fs/initramfs.h"
#include "fs/tmpfs.h"
#include "lib/errno.h"
#include "mm/frame/frames.h"
#include "mm/kernel/kvalloc.h"
#include "mm/kernel/slab.h"
#include "mm/space/mm.h"
#include "sched/sched.h"
#include "sync/held.h"
#include "sync/lock_watch.h"
#include "sync/rcu.h"
#include "sys/sys.h"
#ifdef FL_TEST
#include "diag/race.h"
#include "tests/test.h"
#endif
#ifdef FL_BENCH
#include "bench/kernel/measure.h"
#endif

noreturn void kmain(u32 magic, paddr_t information);

static struct boot_info boot;

/* The archive was copied into files, and its whole frames are memory like any other. */
static void give_back(const struct boot_module *module)
{
    pfn_t end = (pfn_t)(((u64)module->start + module->bytes) >> PAGE_SHIFT);
    for (pfn_t pfn = ALIGN_UP((u64)module->start, (u64)PAGE_SIZE) >> PAGE_SHIFT; pfn < end; pfn++) {
        struct page *page = page_of(pfn);
        page_unreserve(page);
        page_put(page);
    }
}

static void start_programs(void)
{
    if (boot.modules_n == 0)
        boot_refuse("no initramfs: the boot loader gave no module");
    int error = initramfs_unpack(phys_to_direct(boot.modules[0].start), boot.modules[0].bytes);
    if (error)
        boot_refuse("the initramfs cannot be used: %s", errno_text(error));
    give_back(&boot.modules[0]);
    tmpfs_set_limit(); /* a part of all memory: the archive's is in it now */
    error = devices_init();
    if (error)
        boot_refuse("the files of /dev cannot be made: %s", errno_text(error));
    sys_init();
    sys_run_first_program();
}

/* Nothing in the init part runs any more: every call there returned before this task was started. */
static void run_first_task(void *unused)
{
    kvfree_fixed((vaddr_t)__init_start);
    devices_start();
#ifdef FL_TEST
    if (tests_wanted()[0] != '\0')
        tests_main();
#endif
#ifdef FL_BENCH
    bench_main();
#endif
    start_programs();
}

static void start_first_task(void)
{
    struct task *first = task_create_kernel("first", run_first_task, NULL);

    if (!first)
        panic("no memory for the first task");
    task_start(first);
}

/* The image's parts, for the list of ranges (S13). The rest of the window is kvalloc's. */
static init_text void describe_window(void)
{
    kvalloc_add_fixed((vaddr_t)__image_start, (vaddr_t)__text_start, "kernel boot header");
    kvalloc_add_fixed((vaddr_t)__text_start, (vaddr_t)__text_end, "kernel text");
    kvalloc_add_fixed((vaddr_t)__init_start, (vaddr_t)__init_end, "kernel init");
    kvalloc_add_fixed((vaddr_t)__data_start, (vaddr_t)__data_end, "kernel data");
    kvalloc_add_fixed((vaddr_t)__bss_start, (vaddr_t)__bss_end, "kernel bss");
    kvalloc_add_fixed((vaddr_t)__rodata_start, (vaddr_t)__rodata_end, "kernel rodata");
}

/* From entry.asm: paging on, interrupts off, on the boot stack. Stays after boot: the first task may free the
 * init part while the last lines run. */
noreturn void kmain(u32 magic, paddr_t information)
{
    console_init();
    cpu_init_boot();
    symbols_init();
    cpu_check_features();
    boot_info_parse(&boot, magic, information);
    bootwords_parse(boot.command_line);
#ifdef FL_TEST
    race_init();
#endif
    lock_watch_init();
    held_dump_init();
    paging_init();
    clock_init();
    boot_reserve_memory(&boot);
    frames_init(boot.usable, boot.usable_n, boot.reserved, boot.reserved_n);
    describe_window();
    kvalloc_init();
    slab_init();
    mm_init();
    acpi_parse(boot.rsdp, boot.rsdp_bytes);
    interrupts_init();
    sched_init_boot_cpu();
    irq_enable();
    smp_start();
    smp_release();
    trace_start();
    rcu_init();
    sched_idle_work = frames_zero_some;
    lapic_timer_start();
    start_first_task();
    sched_idle_loop();
}
