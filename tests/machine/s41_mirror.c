/* The mirror on the running machine (rows S41, S43, S44, S45): what it shows, and that nobody can take it
 * away. */
#include "arch/x86/port.h"
#include "lib/errno.h"
#include "tests/machine/expect_panic.h"
#include "tests/scenario.h"

#define MIRROR ((pte_t *)MIRROR_BASE)
#define DIR    ((pde_t *)MIRROR_DIR)

static void check_own_mirror(void *arg)
{
    struct mm *mm = arg;

    preempt_disable();
    check_eq(DIR[MIRROR_PDE].v & PAGE_MASK, cr3_read());
    check_eq(DIR[MIRROR_PDE].v & PAGE_MASK, mm->space.root);
    for (u32 pde = 0; pde < PTES; pde++) /* the mirror and the direct map show one and the same directory */
        check_eq(DIR[pde].v & PAGE_MASK, mm->space.dir[pde].v & PAGE_MASK);
    preempt_enable();
}

TEST(s41_mirror_shows_cr3, .cpus = 2,
     .shows = "the mirror's own entry, read through the mirror, is CR3, on every CPU and in every space")
{
    struct scene *s = scene_begin();
    struct mm *others[MAX_CPUS];

    for (u32 cpu = 0; cpu < cpu_count(); cpu++) {
        others[cpu] = obtain(mm_create());
        check(others[cpu] != NULL);
        actor_start_in(s, others[cpu], cpu, check_own_mirror, others[cpu]);
    }
    check_eq((DIR[MIRROR_PDE].v ^ cr3_read()) & PAGE_MASK, 0); /* and in the kernel's own */
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        mm_put_user(others[cpu]);
    scene_end(s);
}

/* Entry 673 of table 123: the post's own numbers, on a page that is really mapped there. */
#define SEED_VA ((123u << PDE_SHIFT) + (673u << PAGE_SHIFT))

static void check_seed_addresses(void *arg)
{
    struct mm *mm = arg;

    user_store(SEED_VA, 673);
    preempt_disable();
    const u32 *pte = (const u32 *)0xFFC7BA84u, *pde = (const u32 *)0xFFFFF1ECu;
    check_eq(*pde & PAGE_MASK, page_pfn(pt_table(mm, SEED_VA)) << PAGE_SHIFT);
    const u32 *frame = phys_to_direct(*pte & PAGE_MASK);
    check_eq(*frame, 673);
    preempt_enable();
}

TEST(s43_mirror_arithmetic,
     .shows = "PTE 673 of table 123 is at 0xFFC7BA84, PDE 123 at 0xFFFFF1EC, the directory at 0xFFFFF000")
{
    struct scene *s = scene_begin();

    check_eq((vaddr_t)DIR, 0xFFFFF000u);
    scene_mmap_at(s, SEED_VA, 1, VM_RW);
    actor_run(s, 0, check_seed_addresses, scene_mm(s));
    scene_end(s);
}

static void install_over_mirror(void *arg)
{
    pde_install(arg, MIRROR_BASE, pde_make_table(1, false));
}
static void clear_mirror(void *arg)
{
    pde_clear(arg, MIRROR_BASE);
}
/* A wild store, then the next moment at which the kernel looks: the switch away from that directory. */
static void overwrite_mirror(void *arg)
{
    struct space *space = arg;

    preempt_disable();
    irq_disable(); /* an interrupt that switches tasks would find it first, and name us, but not here */
    space->dir[MIRROR_PDE] = pde_make_table(1, false);
    space_load(&kernel_space);
}

static void attack_mirror(void *arg)
{
    struct mm *mm = arg;
    pde_t good = mm->space.dir[MIRROR_PDE];

    test_expect_panic("would overwrite the mirror", install_over_mirror, &mm->space);
    test_expect_panic("would overwrite the mirror", clear_mirror, &mm->space);
    check(pte_same(mm->space.dir[MIRROR_PDE], good));
    irqflags_t flags = irq_save();
    test_expect_panic("the mirror's page-directory entry was overwritten", overwrite_mirror, &mm->space);
    mm->space.dir[MIRROR_PDE] = good;
    irq_restore(flags);
}

TEST(s44_mirror_is_guarded,
     .shows = "map, unmap and a raw write of the mirror's entry are caught, and the writer is named")
{
    struct scene *s = scene_begin();

    actor_run(s, 0, attack_mirror, scene_mm(s));
    scene_end(s);
}

static void touch_windows(void *arg)
{
    static const vaddr_t kernel[] = {MIRROR_BASE, MIRROR_DIR,   0xFFFFFFFCu,
                                     FIXED_BASE,  KWINDOW_BASE, DIRECT_BASE};
    u32 value;

    for (u32 i = 0; i < ARRAY_SIZE(kernel); i++) {
        check_eq(user_load_u32(kernel[i], &value), -EFAULT);
        check_eq(user_store_u32(kernel[i], 0), -EFAULT);
    }
    struct mmap_request request = {
        .addr = MIRROR_BASE, .length = PAGE_SIZE, .vm_flags = VM_RW, .how = MM_FIXED};
    check_eq(mm_mmap(arg, &request), -ENOMEM);
    check(mm_munmap(arg, MIRROR_BASE, PAGE_SIZE) < 0);
    check(mm_mprotect(arg, MIRROR_BASE, PAGE_SIZE, VM_RW) < 0);
}

TEST(s44_mirror_not_for_users,
     .shows = "no system call maps, unmaps, protects, reads or writes the mirror for a program")
{
    struct scene *s = scene_begin();

    actor_run(s, 0, touch_windows, scene_mm(s));
    scene_end(s);
}

static void check_bits(void *arg)
{
    struct mm *mm = arg;
    u32 large = 0;

    user_store(SEED_VA, 1);
    preempt_disable();
    /* A write of the directory through the mirror: the walk meets the mirror's entry twice, as PDE and as
     * PTE. With ptaccess=directmap nothing else makes one. */
    pte_xchg(&DIR[pde_index(SEED_VA)], pte_read(&DIR[pde_index(SEED_VA)]));
    pde_t own = pte_read(&DIR[MIRROR_PDE]);
    preempt_enable();
    check(pte_dirty(
        own)); /* the walker took it for a PTE and set D: bit 6, which a PDE that names a table ignores */
    check_eq(own.v & PAGE_MASK, mm->space.root);
    check(!pte_large(own) && !pte_large(mm->space.dir[pde_index(SEED_VA)]));
    for (u32 pde = 0; pde < PTES; pde++)
        large += pte_large(mm->space.dir[pde]) && pde < pde_index(DIRECT_BASE);
    check_eq(large, 0); /* no PS entry where pte_slot may go: it would show a data frame as a table */
}

TEST(
    s45_pde_read_as_pte,
    .shows =
        "the D bit that the processor sets in the mirror's entry confuses nobody; no PS entry is read as a table")
{
    struct scene *s = scene_begin();

    scene_mmap_at(s, SEED_VA, 1, VM_RW);
    actor_run(s, 0, check_bits, scene_mm(s));
    scene_end(s); /* rss, table counts and frames are right: the bit is in no account */
}
