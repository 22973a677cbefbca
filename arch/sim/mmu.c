/* Page walks, TLBs and paging-structure caches of the virtual CPUs: see mmu.h. */
#include "arch/sim/mmu.h"
#include "arch/sim/memory.h"
#include "arch/sim/oracle.h"
#include "arch/tlb.h"
#include "arch/trap.h"
#include "diag/assert.h"
#include "lib/random.h"

struct mmu mmus[SIM_CPUS_MAX];
static struct random forgetful;

static struct mmu *mmu_here(void)
{
    return &mmus[cpu_id()];
}

void mmu_boot(u32 cpu, paddr_t root)
{
    mmus[cpu].root = root;
}

void mmu_set_forgetful(u32 seed)
{
    forgetful.state = 0;
    if (seed)
        random_seed(&forgetful, seed);
}

/* ---- the caches ---- */

static struct tlb_entry *tlb_find(struct mmu *m, vaddr_t va)
{
    for (u32 i = 0; i < TLB_ENTRIES; i++)
        if (m->tlb[i].valid && m->tlb[i].page == va >> PAGE_SHIFT)
            return &m->tlb[i];
    return NULL;
}

static void tlb_insert(struct mmu *m, vaddr_t va, u32 pte)
{
    struct tlb_entry *e = tlb_find(m, va);

    for (u32 i = 0; !e && i < TLB_ENTRIES; i++)
        if (!m->tlb[i].valid)
            e = &m->tlb[i];
    if (!e)
        e = &m->tlb[m->next_victim++ % TLB_ENTRIES]; /* full: the processor may drop any */
    *e = (struct tlb_entry){
        .page = va >> PAGE_SHIFT,
        .pfn = pte >> PAGE_SHIFT,
        .flags = pte & (PTE_W | PTE_U | PTE_D | PTE_G),
        .step = machine_step(),
        .valid = true,
    };
}

static struct cached_pde *pde_find(struct mmu *m, vaddr_t va)
{
    for (u32 i = 0; i < PDES_CACHED; i++)
        if (m->pde[i].valid && m->pde[i].index == pde_index(va))
            return &m->pde[i];
    return NULL;
}

static void pde_insert(struct mmu *m, vaddr_t va, u32 value)
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
        m->pde[i].valid = false;
}

static void maybe_forget(struct mmu *m)
{
    if (forgetful.state && random_below(&forgetful, 8) == 0)
        m->tlb[random_below(&forgetful, TLB_ENTRIES)].valid = false;
}

/* ---- the walk ---- */

/*
 * The walker's look at an entry; where it allows the access, A (and D) are set in memory. Between the look
 * and the locked update anything may happen; the update is made only if the entry is still what it was
 * (false: walk again).
 */
static bool entry_use(paddr_t at, u32 *value, u32 needs, u32 sets)
{
    u32 *word = memory_word(at);

    sim_choice_here(STEP_WALK, word, true);
    *value = *word;
    if ((*value & needs) != needs || (*value & sets) == sets)
        return true;
    sim_choice_here(STEP_WALK, word, true);
    if (*word != *value)
        return false;
    *word |= sets;
    *value |= sets;
    return true;
}

enum walked { WALK_AGAIN, WALK_DONE, WALK_ABSENT, WALK_FORBIDDEN };

static enum walked walk(struct mmu *m, vaddr_t va, bool write, u32 *pte)
{
    struct cached_pde *cached = pde_find(m, va);
    u32 needs = write ? PTE_P | PTE_W : PTE_P;
    u32 pde;

    if (cached) {
        pde = cached->value;
        oracle_table_used(cpu_id(), va, pde >> PAGE_SHIFT, cached->step);
    } else {
        if (!entry_use(m->root + 4 * pde_index(va), &pde, PTE_P, PTE_A))
            return WALK_AGAIN;
        if (!(pde & PTE_P))
            return WALK_ABSENT;
        assert(!(pde & PDE_PS));
        pde_insert(m, va, pde);
    }
    if (!entry_use((pde & PAGE_MASK) + 4 * pte_index(va), pte, needs, write ? PTE_A | PTE_D : PTE_A))
        return WALK_AGAIN;
    if (!(*pte & PTE_P))
        return WALK_ABSENT;
    *pte &= (pde & (PTE_W | PTE_U)) | ~(PTE_W | PTE_U); /* rights are what both levels grant */
    return write && !(*pte & PTE_W) ? WALK_FORBIDDEN : WALK_DONE;
}

/* A page fault also drops what the processor had cached for the address (SDM 4.10.4.1), so a retry walks
 * afresh. */
static bool fault(struct mmu *m, vaddr_t va, bool write, bool present, u32 *code)
{
    struct tlb_entry *e = tlb_find(m, va);
    struct cached_pde *p = pde_find(m, va);

    if (e)
        e->valid = false;
    if (p)
        p->valid = false;
    *code = (present ? PF_PRESENT : 0) | (write ? PF_WRITE : 0);
    return false;
}

bool mmu_translate(vaddr_t va, bool write, paddr_t *pa, u32 *code)
{
    struct mmu *m = mmu_here();
    struct tlb_entry *e;
    enum walked how;
    u32 pte;

    maybe_forget(m);
    e = tlb_find(m, va);
    if (e && write && !(e->flags & PTE_W))
        return fault(m, va, write, true, code); /* CR0.WP is set: the kernel obeys read-only, too */
    if (!e || (write && !(e->flags & PTE_D))) {
        while ((how = walk(m, va, write, &pte)) == WALK_AGAIN)
            ;
        if (how != WALK_DONE)
            return fault(m, va, write, how == WALK_FORBIDDEN, code);
        tlb_insert(m, va, pte);
        e = tlb_find(m, va);
    }
    oracle_frame_used(cpu_id(), va, e->pfn, e->step);
    *pa = (e->pfn << PAGE_SHIFT) | (va & ~PAGE_MASK);
    return true;
}

/* ---- flushes ---- */

void mmu_load_root(paddr_t root)
{
    struct mmu *m = mmu_here();

    sim_choice_here(STEP_TLB, 0, true);
    m->root = root;
    for (u32 i = 0; i < TLB_ENTRIES; i++)
        if (!(m->tlb[i].flags & PTE_G))
            m->tlb[i].valid = false;
    pdes_drop(m);
}

/* SDM 4.10.4.1: INVLPG drops the page's translation and every paging-structure cache entry. */
void tlb_flush_page(vaddr_t va)
{
    struct mmu *m = mmu_here();
    struct tlb_entry *e;

    sim_choice_here(STEP_TLB, va, true);
    e = tlb_find(m, va);
    if (e)
        e->valid = false;
    pdes_drop(m);
}

void tlb_flush_range(vaddr_t start, vaddr_t end)
{
    struct mmu *m = mmu_here();

    sim_choice_here(STEP_TLB, start, true);
    for (u32 i = 0; i < TLB_ENTRIES; i++)
        if (m->tlb[i].page >= start >> PAGE_SHIFT && m->tlb[i].page < (end + PAGE_SIZE - 1) >> PAGE_SHIFT)
            m->tlb[i].valid = false;
    pdes_drop(m);
}

void tlb_flush_user(void)
{
    mmu_load_root(mmu_here()->root);
}

void tlb_flush_all(void)
{
    struct mmu *m = mmu_here();

    sim_choice_here(STEP_TLB, 0, true);
    for (u32 i = 0; i < TLB_ENTRIES; i++)
        m->tlb[i].valid = false;
    pdes_drop(m);
}
