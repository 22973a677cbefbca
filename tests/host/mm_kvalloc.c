/* kvalloc (rows S09 to S14). */
#include "arch/pgtable.h"
#include "lib/random.h"
#include "lib/string.h"
#include "mm/frame/alloc_fail.h"
#include "mm/kernel/kvalloc.h"
#include "tests/test.h"

#define LIVE 200u
static struct {
    u32 *p;
    u32 bytes;
} live[LIVE];

static void free_all(void)
{
    for (u32 i = 0; i < LIVE; i++) {
        kvfree(live[i].p);
        live[i].p = NULL;
    }
    kvalloc_purge();
}

TEST(s12_kvalloc_random,
     .shows = "ranges never overlap, descriptors describe themselves, and everything comes back")
{
    struct random rnd;
    random_seed(&rnd, 12);
    free_all();
    u32 pages = kv_pages_in_use(), frames = frames_in_use();
    for (u32 op = 0; op < 3000 && !test_failed(); op++) {
        u32 i = random_below(&rnd, LIVE);
        if (live[i].p) {
            check(live[i].p[0] == i && live[i].p[live[i].bytes / 4 - 1] == i);
            kvfree(live[i].p);
            live[i].p = NULL;
        } else {
            live[i].bytes = 4 * (2 + random_below(&rnd, 6 * PAGE_SIZE / 4));
            live[i].p = kvalloc(live[i].bytes, "test", 0);
            check(live[i].p != NULL);
            if (live[i].p)
                live[i].p[0] = live[i].p[live[i].bytes / 4 - 1] = i;
        }
        if (op % 100 == 0)
            check(kv_check());
    }
    free_all();
    check(kv_check());
    check(kv_pages_in_use() <= pages + 1); /* descriptor pages that are still shared may stay */
    check_eq(frames_in_use() - frames, kv_pages_in_use() - pages);
}

TEST(s14_kvalloc_fail_nth,
     .shows = "whichever allocation inside kvalloc fails, it returns NULL with its state unchanged")
{
    free_all();
    u32 pages = kv_pages_in_use(), frames = frames_in_use(), nth = 1;
    for (;; nth++) {
        alloc_fail_nth(nth);
        void *p = kvalloc(5 * PAGE_SIZE, "test", KV_ZERO);
        u32 asked = alloc_fail_count();
        alloc_fail_nth(0);
        if (asked < nth) { /* none failed: all sites have been tried */
            check(p != NULL);
            kvfree(p);
            kvalloc_purge();
            break;
        }
        check(!p && kv_check());
        check_eq(kv_pages_in_use(), pages);
        check_eq(frames_in_use(), frames);
    }
    check(nth >= 6);
    check_eq(frames_in_use(), frames);
}

TEST(kvalloc_guards, .shows = "every range has an owner by name, and an unmapped page on both sides")
{
    vaddr_t start, end;
    u8 *p = kvalloc(2 * PAGE_SIZE, "guarded", 0);
    vaddr_t va = (vaddr_t)(uintptr_t)p;
    check(p && pte_present(kernel_pte_get(va)) && pte_present(kernel_pte_get(va + PAGE_SIZE)));
    check(!pte_present(kernel_pte_get(va - PAGE_SIZE)) && !pte_present(kernel_pte_get(va + 2 * PAGE_SIZE)));
    const char *owner = kv_owner(va + 5000, &start, &end);
    check(owner && strcmp(owner, "guarded") == 0 && start == va && end == va + 2 * PAGE_SIZE);
    check(kv_owner(va + 2 * PAGE_SIZE, &start, &end) && end == va + 2 * PAGE_SIZE); /* its guard */
    kvfree(p);
    kvalloc_purge();
    check(!kv_owner(va, &start, &end));
    check(!kvalloc(0, "nothing", 0) && !kvalloc(0x20000000, "more than the window", 0));
}

TEST(kvalloc_aligned,
     .shows = "an aligned range begins at a multiple, has its guards, and may be larger than its align")
{
    static const size_t aligns[] = {PAGE_SIZE, 4 * PAGE_SIZE, 64 * 1024, 1u << 20, PDE_SIZE};
    void *p[ARRAY_SIZE(aligns)][2];

    for (u32 i = 0; i < ARRAY_SIZE(aligns); i++) {
        p[i][0] = kvalloc_aligned(PAGE_SIZE, aligns[i], "one page", 0);
        p[i][1] = kvalloc_aligned(aligns[i] + PAGE_SIZE, aligns[i], "more than its align", KV_ZERO);
        for (u32 j = 0; j < 2; j++) {
            vaddr_t va = (vaddr_t)(uintptr_t)p[i][j];
            check(va && va % aligns[i] == 0);
            check(!pte_present(kernel_pte_get(va - PAGE_SIZE)));
        }
        check(kv_check());
    }
    for (u32 i = 0; i < 2 * ARRAY_SIZE(aligns); i++)
        kvfree(p[i / 2][i % 2]);
    kvalloc_purge();
    check(kv_check());
    check(!kvalloc_aligned(PAGE_SIZE, 1u << 31, "no such address", 0));
}

static u32 report_next;
static void report_line(void *ctx, const char *text)
{
    char hex[11] = "0x";
    u32 start = 0, end = 0;
    memcpy(hex + 2, text, 8);
    check(parse_u32(hex, &start));
    memcpy(hex + 2, text + 9, 8);
    check(parse_u32(hex, &end));
    check_eq(start, report_next);
    check(end > start);
    report_next = end;
}

TEST(s13_kvranges, .shows = "the report names each page of the kernel window once")
{
    report_next = KWINDOW_BASE;
    kv_report(report_line, NULL);
    check_eq(report_next, KWINDOW_END);
}

TEST(kstacks, .shows = "stacks are reused from the stock, and the rest goes back to the window")
{
    void *stacks[60];
    kvalloc_purge();
    u32 pages = kv_pages_in_use();
    for (u32 i = 0; i < ARRAY_SIZE(stacks); i++) {
        stacks[i] = kstack_alloc();
        check(stacks[i] != NULL);
        memset(stacks[i], (int)i, 8192);
    }
    for (u32 i = 0; i < ARRAY_SIZE(stacks); i++)
        kstack_free(stacks[i]);
    void *again = kstack_alloc();
    check(again != NULL);
    kstack_free(again);
    kvalloc_purge();
    check(kv_pages_in_use() <= pages + 1);
}
