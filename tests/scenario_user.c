/* What an actor does with its memory, and what the page tables say of it: see tests/scenario.h. */
#include "sync/crosscall.h"
#include "tests/scenario.h"

void scene_await(const u32 *flag)
{
    while (!load_acquire(flag)) {
        crosscall_poll();
        cpu_relax();
    }
}

u32 user_load(vaddr_t addr)
{
    u32 value = 0;
    int error = again(user_load_u32(addr, &value));

    if (error)
        test_fail(__FILE__, __LINE__, "load from %#x: error %d", addr, error);
    return value;
}

void user_store(vaddr_t addr, u32 value)
{
    int error = again(user_store_u32(addr, value));

    if (error)
        test_fail(__FILE__, __LINE__, "store to %#x: error %d", addr, error);
}

/* ---- what the page tables say, read as the kernel would ---- */

pte_t scene_pte(struct mm *mm, vaddr_t addr)
{
    struct page *table;
    pte_t entry = {0};

    rwsem_read_lock(&mm->mmap_lock);
    pte_t *slot = pt_lock(mm, addr, &table);
    if (slot) {
        entry = pte_read(slot);
        pt_unlock(table);
    }
    rwsem_read_unlock(&mm->mmap_lock);
    return entry;
}
