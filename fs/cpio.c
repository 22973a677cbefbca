/* Reading newc. Every length is checked against what is left before it is added to anything. */
#include "fs/cpio.h"
#include "lib/string.h"

#define HEADER_BYTES 110u
#define NAME_LIMIT   4096u
enum field {
    INO,
    MODE,
    UID,
    GID,
    NLINK,
    MTIME,
    FILESIZE,
    DEVMAJOR,
    DEVMINOR,
    RDEVMAJOR,
    RDEVMINOR,
    NAMESIZE,
    CHECK,
    FIELDS
};

static bool parse_hex8(const u8 *p, u32 *value)
{
    u32 v = 0;
    for (unsigned i = 0; i < 8; i++) {
        u8 c = p[i];
        u32 digit;
        if (c >= '0' && c <= '9')
            digit = c - '0';
        else if (c >= 'a' && c <= 'f')
            digit = c - 'a' + 10u;
        else if (c >= 'A' && c <= 'F')
            digit = c - 'A' + 10u;
        else
            return false;
        v = v << 4 | digit;
    }
    *value = v;
    return true;
}

static const char *parse_header(const u8 *p, size_t left, u32 *f)
{
    if (left < HEADER_BYTES)
        return "the archive ends inside a header";
    if (memcmp(p, "070701", 6) && memcmp(p, "070702", 6))
        return "no newc magic (070701) where a header should be";
    for (unsigned i = 0; i < FIELDS; i++)
        if (!parse_hex8(p + 6 + 8 * i, &f[i]))
            return "a header field is not hexadecimal";
    if (f[NAMESIZE] == 0 || f[NAMESIZE] > NAME_LIMIT)
        return "a name length is absurd";
    return NULL;
}

/* Up to the next multiple of four, which may lie past the end of an archive whose padding was cut. */
static size_t padded(size_t n)
{
    return (n + 3) & ~(size_t)3;
}

enum cpio_result cpio_next(const u8 *archive, size_t bytes, size_t *offset, struct cpio_entry *entry,
                           const char **why)
{
    size_t at = *offset;
    /* Archives are put together one after another with zeroes between. */
    while (at < bytes && archive[at] == 0)
        at++;
    if (at == bytes)
        return CPIO_END;
    *offset = at;
    u32 f[FIELDS];
    *why = parse_header(archive + at, bytes - at, f);
    if (*why)
        return CPIO_DAMAGED;
    const char *name = (const char *)archive + at + HEADER_BYTES;
    size_t data = at + padded(HEADER_BYTES + f[NAMESIZE]);
    *why = data > bytes                 ? "the archive ends inside a name"
           : f[FILESIZE] > bytes - data ? "the archive ends inside a file"
                                        : NULL;
    if (!*why && name[f[NAMESIZE] - 1] != '\0')
        *why = "a name has no end";
    if (*why)
        return CPIO_DAMAGED;
    *entry = (struct cpio_entry){
        .name = name,
        .data = archive + data,
        .size = f[FILESIZE],
        .ino = f[INO],
        .mode = f[MODE],
        .uid = f[UID],
        .gid = f[GID],
        .nlink = f[NLINK],
        .mtime = f[MTIME],
        .rdev = f[RDEVMAJOR] << 8 | (f[RDEVMINOR] & 0xff),
    };
    size_t next = padded(data + f[FILESIZE]);
    *offset = next < bytes ? next : bytes;
    return CPIO_ENTRY;
}
