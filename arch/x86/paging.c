/*
 * From what entry.asm made (everything writable, identity mapping in place) to the kernel half as it stays.
 *
 * The direct map would be a second, writable way to the kernel's text and constants. Its first two 4 MiB
 * pages, which hold the image (the linker script asserts that it ends there), are therefore split into tables
 * of 4 KiB pages with the same protection as the window's. The other 190 stay 4 MiB pages. With
 * pdesync=prealloc no kernel PDE changes after paging_init(): every address space copies them when it is
 * made, so none can be stale (R52); the other policies begin without most of the window's
 * (arch/x86/pdesync.h).
 */
#include "arch/x86/paging.h"
#include "arch/tlb.h"
#include "arch/x86/ap_start.h"
#include "arch/x86/image.h"
#include "arch/x86/pdesync.h"
#include "arch/x86/port.h"
#include "diag/assert.h"
#include "lib/string.h"

#define BSS_PAGES  __attribute__((section(".bss.pages"), aligned(4096)))
#define SPLIT_PDES 2u /* boot/kernel.ld asserts that the image ends below them */
#define WINDOW_PDES                                                                                          \
    (FOREIGN_PDE - (KWINDOW_BASE >> PDE_SHIFT)) /* the fixed area's table is the last of them */

/* entry.asm fills in the first two and lands on boot_stack. */
BSS_PAGES pde_t boot_directory[PTES];
BSS_PAGES pte_t window_tables[WINDOW_PDES][PTES];
BSS_PAGES static pte_t split_tables[SPLIT_PDES][PTES];
BSS_PAGES char boot_stack[BOOT_STACK_END]; /* its first page is the guard */
static __attribute__((section(".init.data"), aligned(4096))) pde_t trampoline_directory[PTES];

static_assert(WINDOW_PDES == 62, "61 tables for the kernel window and one for the fixed area");

struct space kernel_space = {.dir = boot_directory};

/* S43: the seed's own examples, so that every later use of the arithmetic rests on a checked one. */
static_assert(MIRROR_BASE + (123u << PAGE_SHIFT) + 673u * 4 == 0xFFC7BA84u, "PTE 673 of table 123");
static_assert(MIRROR_DIR + 123u * 4 == 0xFFFFF1ECu, "PDE 123");
static_assert(MIRROR_BASE + (MIRROR_PDE << PAGE_SHIFT) == MIRROR_DIR,
              "the directory is the mirror's last page");

static init_text bool is_read_only(vaddr_t va)
{
    return (va >= (vaddr_t)__text_start && va < (vaddr_t)__text_end) ||
           (va >= (vaddr_t)__rodata_start && va < (vaddr_t)__rodata_end);
}

static init_text void split_direct_map(void)
{
    pte_t *pte = &split_tables[0][0];

    for (u32 i = 0; i < SPLIT_PDES * PTES; i++) {
        unsigned write = is_read_only(KWINDOW_BASE + i * PAGE_SIZE) ? 0 : PROT_PTE_WRITE;
        pte[i] = pte_make(i, write | PROT_PTE_READ | PROT_PTE_GLOBAL | PROT_PTE_DIRTY);
    }
    for (u32 i = 0; i < SPLIT_PDES; i++)
        boot_directory[pde_index(DIRECT_BASE) + i] =
            (pde_t){image_phys(split_tables[i]) | PTE_P | PTE_W | PTE_A};
}

static init_text void protect_image(void)
{
    for (vaddr_t va = (vaddr_t)__image_start; va < (vaddr_t)__image_end; va += PAGE_SIZE) {
        if (is_read_only(va))
            kernel_pte_set(va, pte_without_write(kernel_pte_get(va)));
    }
    /* Below the boot stack: a hole, as below every kernel stack. Its frame stays unused. */
    kernel_pte_set((vaddr_t)boot_stack, (pte_t){0});
}

/* S41: paging is on and the tables are still reachable: the mirror's own PDE, read through the mirror, names
 * CR3. */
static init_text void check_mirror(void)
{
    pde_t *mirror = (pde_t *)MIRROR_DIR;

    assert((mirror[MIRROR_PDE].v & PAGE_MASK) == cr3_read());
    assert((vaddr_t)&mirror[MIRROR_PDE] == 0xFFFFFFFCu);
    assert(pte_pfn(kernel_pte_get((vaddr_t)check_mirror)) == image_phys(check_mirror) >> PAGE_SHIFT);
    assert(pte_large(mirror[pde_index(DIRECT_BASE) + SPLIT_PDES]));
}

init_text void paging_init(void)
{
    assert(kernel_space.root == image_phys(boot_directory));
    split_direct_map();
    protect_image();
    boot_directory[0] = (pde_t){0};
    pdesync_init();
    tlb_flush_all();
    check_mirror();
    assert(!pte_writable(kernel_pte_get((vaddr_t)__text_start)) &&
           !pte_writable(kernel_pte_get((vaddr_t)__rodata_start)));
}

init_text paddr_t paging_trampoline_root(void)
{
    memcpy(trampoline_directory, boot_directory, sizeof trampoline_directory);
    trampoline_directory[0] = (pde_t){PTE_P | PTE_W | PDE_PS};
    return image_phys(trampoline_directory);
}

void *fixed_map_device(enum fixed_slot slot, paddr_t pa)
{
    vaddr_t va = fixed_vaddr(slot);

    kernel_pte_set(va, pte_make(pa >> PAGE_SHIFT, PROT_PTE_WRITE | PROT_PTE_NOCACHE | PROT_PTE_GLOBAL));
    tlb_flush_page(va);
    return (void *)(va + pa % PAGE_SIZE);
}

init_text const void *fixed_map_table(paddr_t pa, u32 bytes)
{
    paddr_t first = ALIGN_DOWN(pa, PAGE_SIZE);
    u32 pages = (pa - first + bytes + PAGE_SIZE - 1) / PAGE_SIZE;
    vaddr_t va = fixed_vaddr(FIXED_TABLE_FIRST);

    if (bytes > FIXED_SLOTS * PAGE_SIZE || pages > FIXED_TABLE_LAST - FIXED_TABLE_FIRST + 1u)
        return NULL;
    for (u32 i = 0; i < pages; i++) {
        kernel_pte_set(va + i * PAGE_SIZE, pte_make((first >> PAGE_SHIFT) + i, PROT_PTE_READ));
        tlb_flush_page(va + i * PAGE_SIZE);
    }
    return (const void *)(va + (pa - first));
}
