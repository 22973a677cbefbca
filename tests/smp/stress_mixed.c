/*
 * Free-running stress: on every CPU one task maps, writes, checks, protects, forks and unmaps in one shared
 * address space, each in pages of its own and all in a common range, where only "no fault is lost" can be
 * asked.
 */
#include "lib/errno.h"
#include "lib/random.h"
#include "tests/scenario.h"

#define OPERATIONS    400u
#define OWN_PAGES     16u
#define COMMON        0x60000000u
#define MADV_DONTNEED 4

struct stress {
    struct mm *mm;
    atomic_t number;
};

static void write_and_check_own(vaddr_t base, u32 tag)
{
    for (u32 page = 0; page < OWN_PAGES; page++)
        user_store(base + page * PAGE_SIZE, tag + page);
    for (u32 page = 0; page < OWN_PAGES; page++)
        check_eq(user_load(base + page * PAGE_SIZE), tag + page);
}

static void protect_and_restore(struct mm *mm, vaddr_t base)
{
    check_eq(again(mm_mprotect(mm, base, OWN_PAGES * PAGE_SIZE, VM_READ)), 0);
    check_eq(user_store_u32(base, 1), -EFAULT);
    check_eq(again(mm_mprotect(mm, base, OWN_PAGES * PAGE_SIZE, VM_RW)), 0);
}

static vaddr_t map_own(struct mm *mm)
{
    struct mmap_request request = {.length = OWN_PAGES * PAGE_SIZE, .vm_flags = VM_RW | VM_MAYWRITE};
    s32 base = again(mm_mmap(mm, &request));

    if (base < 0 && base >= -4095)
        test_fail(__FILE__, __LINE__, "mm_mmap: error %d", base);
    return (vaddr_t)base;
}

static void stress(void *arg)
{
    struct stress *st = arg;
    struct random random;
    u32 tag = (u32)atomic_inc(&st->number) << 16;
    vaddr_t own = map_own(st->mm);

    random_seed(&random, tag);
    for (u32 i = 0; i < (refusal_wanted() ? OPERATIONS / 10 : OPERATIONS) && !test_failed();
         i++, tag += OWN_PAGES) {
        vaddr_t common = COMMON + random_below(&random, 64) * PAGE_SIZE;
        switch (random_below(&random, 8)) {
        case 0:
            check_eq(again(mm_munmap(st->mm, own, OWN_PAGES * PAGE_SIZE)), 0);
            own = map_own(st->mm);
            break;
        case 1:
            protect_and_restore(st->mm, own);
            break;
        case 2:
            check_eq(again(mm_madvise(st->mm, common, PAGE_SIZE * 4, MADV_DONTNEED)), 0);
            break;
        case 3: {
            struct mm *child = obtain(mm_fork(st->mm));
            check(child != NULL);
            if (child)
                mm_put_user(child);
            break;
        }
        default:
            user_store(common, i);
            (void)user_load(common);
        }
        write_and_check_own(own, tag);
    }
}

TEST(stress_mixed, .cpus = 1, .limit_ticks = 30000,
     .shows =
         "map, write, protect, drop, fork and unmap on all CPUs in one space: no store lost, no frame leaked")
{
    struct scene *s = scene_begin();
    struct stress st = {.mm = scene_mm(s)};

    scene_mmap_at(s, COMMON, 68, VM_RW);
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        actor_start(s, cpu, stress, &st);
    scene_end(s);
}
