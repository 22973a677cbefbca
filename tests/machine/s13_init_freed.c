/* S13: the window's ranges, and what becomes of the kernel's init part when boot ends. */
#include "arch/x86/image.h"
#include "lib/string.h"
#include "mm/frame/frames.h"
#include "mm/kernel/kvalloc.h"
#include "tests/scenario.h"

struct names {
    u32 text, init, descriptors, lines;
    u32 next; /* where the next line must begin */
    u32 pages;
};

static u32 hex_at(const char *text)
{
    char hex[11] = "0x";
    u32 value = 0;

    memcpy(hex + 2, text, 8);
    check(parse_u32(hex, &value));
    return value;
}

static void take_line(void *ctx, const char *text)
{
    struct names *names = ctx;
    u32 start = hex_at(text), end = hex_at(text + 9);

    check_eq(start, names->next);
    check(end > start);
    names->next = end;
    names->pages += (end - start) >> PAGE_SHIFT;
    names->lines++;
    names->text += strstr(text, "kernel text") != NULL;
    names->init += strstr(text, "kernel init") != NULL;
    names->descriptors += strstr(text, "kvalloc descriptors") != NULL;
}

TEST(s13_window_listing,
     .shows = "every page of the kernel window is in exactly one named range, and init is in none")
{
    struct names names = {.next = KWINDOW_BASE};

    kvalloc_purge();
    kv_report(take_line, &names);
    check_eq(names.next, KWINDOW_END);
    check_eq(names.pages, (KWINDOW_END - KWINDOW_BASE) >> PAGE_SHIFT);
    check_eq(names.text, 1);
    check_eq(names.init, 0);
    check(names.descriptors >= 1);
    test_note("%u ranges", names.lines);
}

TEST(s13_init_frames,
     .shows = "the frames of the kernel's init part are ordinary memory after boot, and can be had again")
{
    u32 first = image_phys(__init_start) >> PAGE_SHIFT, end = image_phys(__init_end) >> PAGE_SHIFT, had = 0;

    check(end > first);
    check(!pte_present(kernel_pte_get((vaddr_t)__init_start))); /* the guard that the range left behind */
    for (pfn_t pfn = first; pfn < end; pfn++) {
        struct page *page = page_of(pfn);
        check(page && !page_bit_test(page, PAGE_RESERVED));
        if (!page || !(page = page_claim(pfn)))
            continue; /* somebody has it already: just as good */
        memset(page_address(page), 0x5A, PAGE_SIZE);
        page_put(page);
        had++;
    }
    test_note("%u frames of init, %u of them claimed", end - first, had);
    check(had > 0);
}
