/* S01, S02, S05, S06: what never changes: the direct map, the kernel half of every directory, and where the
 * kernel's own code is. */
#include "arch/x86/image.h"
#include "arch/x86/port.h"
#include "tests/machine/expect_panic.h"
#include "tests/scenario.h"

#define SPACES 8u
#define DIR    ((pde_t *)MIRROR_DIR)
#define MIRROR ((pte_t *)MIRROR_BASE)

/* The physical address of va as the loaded tables say, read through the mirror. */
static paddr_t translate(vaddr_t va)
{
    pde_t pde = pte_read(&DIR[pde_index(va)]);

    if (!pte_present(pde))
        return ~0u;
    if (pte_large(pde)) /* never through the mirror as a table (S45) */
        return (pde.v & ~(PDE_SIZE - 1)) + va % PDE_SIZE;
    pte_t pte = pte_read(&MIRROR[va >> PAGE_SHIFT]);
    return pte_present(pte) ? (pte.v & PAGE_MASK) + va % PAGE_SIZE : ~0u;
}

static void check_every_page(void *unused)
{
    u32 wrong = 0;

    for (u32 pfn = 0; pfn < DIRECT_LIMIT_PFN; pfn++)
        wrong += translate(DIRECT_BASE + pfn * PAGE_SIZE) != pfn * PAGE_SIZE;
    check_eq(wrong, 0);
    check_eq(translate((vaddr_t)(uintptr_t)check_every_page), image_phys(check_every_page));
}

TEST(s01_direct_map, .cpus = 2, .limit_ticks = 60000,
     .shows = "every page of the direct map is its frame plus a constant, in 8 live address spaces")
{
    struct scene *s = scene_begin();
    struct mm *spaces[SPACES];

    for (u32 i = 0; i < SPACES; i++) {
        spaces[i] = obtain(mm_create());
        check(spaces[i] != NULL);
        actor_start_in(s, spaces[i], i, check_every_page, NULL);
    }
    for (u32 i = 0; i < SPACES; i++)
        mm_put_user(spaces[i]);
    scene_end(s);
}

static void write_pde(void *unused)
{
    pde_install(&kernel_space, DIRECT_BASE, pde_make_table(1, false));
}

TEST(s01_kernel_half_is_constant,
     .shows = "a write of a kernel directory entry after boot is refused, and the writer named")
{
    test_expect_panic("would change the kernel's page-directory entry", write_pde, NULL);
}

TEST(s05_space_that_runs_nowhere,
     .shows = "page tables of a space that runs nowhere are made and edited with no CR3 load")
{
    struct scene *s = scene_begin();
    vaddr_t a = scene_mmap(s, 1, VM_RW);

    preempt_disable(); /* what CR3 holds is then this test's own doing */
    u32 root = cr3_read();
    pde_t *dir = scene_mm(s)->space.dir;
    check(root != scene_mm(s)->space.root && pte_empty(dir[pde_index(a)]));
    struct page *table = obtain(page_alloc(GFP_ATOMIC | GFP_ZERO));
    check(table != NULL);
    if (table) {
        pde_install(&scene_mm(s)->space, a, pde_make_table(page_pfn(table), true));
        pte_t *slot = pte_slot(&scene_mm(s)->space, a);
        pte_install(slot, pte_make(page_pfn(zero_page), PROT_PTE_READ | PROT_PTE_USER));
        check_eq(pte_pfn(pte_xchg(slot, (pte_t){0})), page_pfn(zero_page));
        pte_slot_close(page_pfn(table));
        check_eq(pte_pfn(pde_clear(&scene_mm(s)->space, a)), page_pfn(table));
        page_put(table);
    }
    check_eq(cr3_read(), root);
    preempt_enable();
    scene_end(s);
}

/* Its own address, held against the direct map's constant. */
TEST(s06_kernel_text_is_apart,
     .shows = "kernel text stands on 4 KiB pages, read-only, at addresses apart from the direct map")
{
    u32 writable = 0, large = 0;

    for (vaddr_t va = (vaddr_t)__text_start; va < (vaddr_t)__text_end; va += PAGE_SIZE) {
        large += pte_large(pte_read(&DIR[pde_index(va)]));
        writable += pte_writable(kernel_pte_get(va));
        check(translate(va) != va - DIRECT_BASE);
        check_eq(translate(va),
                 translate(DIRECT_BASE + translate(va))); /* the same frame has its direct address, too */
    }
    check_eq(large, 0);
    check_eq(writable, 0);
}
