/* TLBs and paging-structure caches of the virtual CPUs, and what flushes them: see mmu.h. */
#include "arch/sim/broken.h"
#include "arch/sim/memory.h"
#include "arch/sim/mmu_private.h"
#include "arch/tlb.h"
#include "lib/random.h"

struct mmu mmus[SIM_CPUS_MAX];
static bool is_forgetful;
static struct random forgetful;

void mmu_set_forgetful(u32 seed)
{
    is_forgetful = seed != 0;
    random_seed(&forgetful, seed);
}

static struct mmu *mmu_here(void)
{
    return &mmus[cpu_id()];
}

/* Which page tables of the kernel window the directory has. */
static u64 window_tables(paddr_t root)
{
    const u32 *dir = memory_word(root);
    u64 tables = 0;

    for (u32 i = 0; i < WINDOW_TABLES; i++)
        if (dir[pde_index(KWINDOW_BASE) + i] & PTE_P)
            tables |= 1ull << i;
    return tables;
}

void mmu_boot(u32 cpu, paddr_t root)
{
    mmus[cpu].root = root;
    mmus[cpu].window = window_tables(root);
}

struct tlb_entry *tlb_find(struct mmu *m, vaddr_t va)
{
    for (u32 i = 0; i < m->tlb_used; i++)
        if (m->tlb[i].valid && m->tlb[i].page == va >> PAGE_SHIFT)
            return &m->tlb[i];
    return NULL;
}

static struct tlb_entry *tlb_unused(struct mmu *m)
{
    for (u32 i = 0; i < m->tlb_used; i++)
        if (!m->tlb[i].valid)
            return &m->tlb[i];
    if (m->tlb_used < TLB_ENTRIES)
        return &m->tlb[m->tlb_used++];
    return &m->tlb[m->next_victim++ % TLB_ENTRIES]; /* full: the processor may drop any */
}

void tlb_insert(struct mmu *m, vaddr_t va, paddr_t at, u32 pte)
{
    struct tlb_entry *e = tlb_find(m, va);

    if (!e)
        e = tlb_unused(m);
    *e = (struct tlb_entry){
        .page = va >> PAGE_SHIFT,
        .pfn = pte >> PAGE_SHIFT,
        .flags = pte & (PTE_W | PTE_U | PTE_D | PTE_G),
        .at = at,
        .step = machine_step(),
        .valid = true,
    };
}

struct cached_pde *pde_find(struct mmu *m, vaddr_t va)
{
    if (is_broken(BREAK_NO_PDE_CACHE))
        return NULL;
    for (u32 i = 0; i < PDES_CACHED; i++)
        if (m->pde[i].valid && m->pde[i].index == pde_index(va))
            return &m->pde[i];
    return NULL;
}

void pde_insert(struct mmu *m, vaddr_t va, u32 value)
{
    struct cached_pde *e = pde_find(m, va);

    for (u32 i = 0; !e && i < PDES_CACHED; i++)
        if (!m->pde[i].valid)
            e = &m->pde[i];
    if (!e)
        e = &m->pde[m->next_victim++ % PDES_CACHED];
    *e = (struct cached_pde){.index = pde_index(va), .value = value, .step = machine_step(), .valid = true};
}

static void pdes_drop(struct mmu *m)
{
    for (u32 i = 0; i < PDES_CACHED; i++)
        if (m->pde[i].valid) /* a store less, and an entry less of the undo log */
            m->pde[i].valid = false;
}

/* One of the entries in use, now and then; the PDE caches are as forgetful. */
void tlb_maybe_forget(struct mmu *m)
{
    if (!is_forgetful || random_below(&forgetful, 4))
        return;
    u32 from = random_below(&forgetful, TLB_ENTRIES), i = 0;

    while (i < TLB_ENTRIES && !m->tlb[(from + i) % TLB_ENTRIES].valid)
        i++;
    m->tlb[(from + i) % TLB_ENTRIES].valid = false;
    m->pde[from % PDES_CACHED].valid = false;
}

/* ---- flushes ---- */

/* Drops what the pages have, but not what all of `keeps` marks (0: nothing is kept). */
static void tlb_drop(struct mmu *m, u32 first_page, u32 end_page, u32 keeps)
{
    for (u32 i = 0; i < m->tlb_used; i++) {
        struct tlb_entry *e = &m->tlb[i];
        if (e->valid && e->page >= first_page && e->page < end_page && !(e->flags & keeps))
            e->valid = false;
    }
    while (m->tlb_used && !m->tlb[m->tlb_used - 1].valid)
        m->tlb_used--;
}

void mmu_load_root(paddr_t root)
{
    struct mmu *m = mmu_here();

    sim_choice_here(STEP_TLB, 0, CHOICE_CLOSED | CHOICE_READS);
    m->root = root;
    m->window = window_tables(root);
    memory_show_window(m->window);
    if (is_broken(BREAK_CR3))
        return;
    tlb_drop(m, 0, ~0u, PTE_G);
    pdes_drop(m);
}

/* SDM 4.10.4.1: INVLPG drops the page's translation and every paging-structure cache entry. */
void tlb_flush_page(vaddr_t va)
{
    struct mmu *m = mmu_here();
    struct tlb_entry *e;

    sim_choice_here(STEP_TLB, va, CHOICE_CLOSED | CHOICE_READS);
    if (is_broken(BREAK_INVLPG))
        return;
    e = tlb_find(m, va);
    if (e)
        e->valid = false;
    if (!is_broken(BREAK_PDE_FLUSH))
        pdes_drop(m);
}

void tlb_flush_range(vaddr_t start, vaddr_t end)
{
    struct mmu *m = mmu_here();

    sim_choice_here(STEP_TLB, start, CHOICE_CLOSED | CHOICE_READS);
    if (is_broken(BREAK_RANGE))
        end -= PAGE_SIZE;
    tlb_drop(m, start >> PAGE_SHIFT, (end + PAGE_SIZE - 1) >> PAGE_SHIFT, 0);
    pdes_drop(m);
}

void tlb_flush_user(void)
{
    mmu_load_root(mmu_here()->root);
}

void tlb_flush_all(void)
{
    struct mmu *m = mmu_here();

    sim_choice_here(STEP_TLB, 0, CHOICE_CLOSED | CHOICE_READS);
    tlb_drop(m, 0, ~0u, 0);
    pdes_drop(m);
}
