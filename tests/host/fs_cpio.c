/* The newc reader on archives that are right, cut short and damaged. Its buffer ends where the archive does:
 * ASan sees every byte too far. */
#include "fs/cpio.h"
#include "lib/format.h"
#include "lib/random.h"
#include "lib/string.h"
#include "tests/test.h"
#include <stdlib.h>

struct archive {
    u8 bytes[2048];
    size_t n;
};

static void append(struct archive *a, const char *name, u32 mode, const char *data)
{
    size_t size = strlen(data);
    int n = fmt_snprintf((char *)a->bytes + a->n, 111,
                         "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x", 1, mode, 2, 3, 1, 77,
                         size, 0, 0, 5, 1, strlen(name) + 1, 0);
    check_eq(n, 110);
    a->n += 110;
    memcpy(a->bytes + a->n, name, strlen(name) + 1);
    a->n = (a->n + strlen(name) + 1 + 3) & ~3u;
    memcpy(a->bytes + a->n, data, size);
    a->n = (a->n + size + 3) & ~3u;
}

static void make_archive(struct archive *a)
{
    memset(a, 0, sizeof *a);
    append(a, "bin", 040755, "");
    append(a, "bin/file", 0100644, "hello");
    append(a, "TRAILER!!!", 0, "");
}

/* Entries read before the end or the damage. A copy of exactly n bytes, so that a step too far is seen. */
static u32 read_all(const u8 *bytes, size_t n, enum cpio_result *last, const char **why)
{
    u8 *copy = malloc(n ? n : 1);
    size_t offset = 0;
    u32 count = 0;
    struct cpio_entry e;

    memcpy(copy, bytes, n);
    while ((*last = cpio_next(copy, n, &offset, &e, why)) == CPIO_ENTRY) {
        check(offset <= n && e.data + e.size <= copy + n && strlen(e.name) < 4096);
        count++;
    }
    free(copy);
    return count;
}

TEST(fs_cpio_entries, .shows = "names, modes, owners and contents come out of a newc archive as they went in")
{
    struct archive a;
    struct cpio_entry e;
    size_t offset = 0;
    const char *why;

    make_archive(&a);
    check_eq(cpio_next(a.bytes, a.n, &offset, &e, &why), CPIO_ENTRY);
    check(strcmp(e.name, "bin") == 0 && e.mode == 040755 && e.size == 0 && e.rdev == 0x501);
    check_eq(cpio_next(a.bytes, a.n, &offset, &e, &why), CPIO_ENTRY);
    check(strcmp(e.name, "bin/file") == 0 && e.size == 5 && memcmp(e.data, "hello", 5) == 0);
    check(e.uid == 2 && e.gid == 3 && e.mtime == 77);
    check_eq(cpio_next(a.bytes, a.n, &offset, &e, &why), CPIO_ENTRY);
    check_eq(cpio_next(a.bytes, a.n, &offset, &e, &why), CPIO_END);
}

TEST(fs_cpio_cut,
     .shows = "an archive cut anywhere is refused with a cause, or ends early; nothing beyond it is read")
{
    struct archive a;
    enum cpio_result last;
    const char *why;

    make_archive(&a);
    for (size_t n = 0; n < a.n; n++) {
        why = NULL;
        u32 count = read_all(a.bytes, n, &last, &why);
        check(count <= 3 && (last == CPIO_END || (last == CPIO_DAMAGED && why)));
    }
}

TEST(fs_cpio_damaged, .shows = "any bytes changed in an archive give entries within it or a refusal")
{
    struct random r;
    enum cpio_result last;
    const char *why;

    random_seed(&r, 1);
    for (u32 round = 0; round < 20000; round++) {
        struct archive a;
        make_archive(&a);
        for (u32 k = random_below(&r, 6); k != ~0u; k--)
            a.bytes[random_below(&r, a.n)] =
                random_below(&r, 2) ? (u8)random_next(&r) : (u8) "0f7F"[random_below(&r, 4)];
        read_all(a.bytes, a.n, &last, &why);
    }
}
